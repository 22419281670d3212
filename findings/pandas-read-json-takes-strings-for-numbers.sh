#!/usr/bin/env bash
# pandas: read_json makes numbers of strings, and one null among them costs an id its last digits.
#
# Guess, written down first: JSON has types, so a string of digits is read as a string.
# Seen (pandas 3.1.1, Python 3.11): read_json gives int64 for a column of strings that are all digits. With one null among
# them it gives float64, 478346000019582101 becomes 478346000019582080, and no warning is given. One word among the strings
# keeps all of them. pandas' own to_json wrote strings, and read_json of it gives numbers; only orient="table" comes back as it
# was. `dtype=False` or `dtype=str` keeps the strings.
# What follows: a list of ids that came as JSON strings, as APIs send them for the very reason that numbers lose digits, is read
# with dtype=False; batchpub refuses the numbers, but cannot know what they were.
# Source: pandas/io/json/_json.py, Parser._try_convert_data tries float64 for whatever is an object or a string.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install pandas==3.1.1
"$folder/venv/bin/python" -W error - <<'PY'
import io
import json

import pandas as pd

ONE, TWO = "478346000019582101", "478346000019582102"


def read(*ids, **options):
    column = pd.read_json(io.StringIO(json.dumps([{"id": one} for one in ids])), **options)["id"]
    return column.dtype.name, column[0]


seen = {
    "strings": read(ONE, TWO),
    "a null": read(ONE, None),
    "a word": read(ONE, "none"),
    "dtype=False": read(ONE, None, dtype=False),
    "its own": pd.read_json(io.StringIO(pd.DataFrame({"id": [ONE, TWO]}).to_json()))["id"].dtype.name,
}
for name, found in seen.items():
    print(f"{name}: {found}")
assert ("int64", int(ONE)) == seen["strings"]
assert "float64" == seen["a null"][0]
assert 478346000019582080 == int(seen["a null"][1])
assert ONE == seen["a word"][1] == seen["dtype=False"][1]
assert "int64" == seen["its own"]
PY
