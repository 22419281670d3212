#!/usr/bin/env bash
# texttable: a string that Python's float() understands is drawn as another one.
#
# Guess, written down first: draw() shows a str as it is; numbers are formatted, and only those.
# Seen (texttable 1.7.2, Python 3.11): the default column type "a" hands every cell to float(). The strings
# "478346000019582101", "007", "12E5" and "1_000" are drawn as 4.783e+17, 7, 1200000 and 1000. set_cols_dtype(["t"]) keeps them.
# What follows: a table in a log or a mail that a colleague copies an id from shows another id, or none.
# Source: texttable.py, Texttable._fmt_auto, and _to_float on what it is given.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install texttable==1.7.2
cat > "$folder/show.py" <<'PY'
import sys

from texttable import Texttable

GIVEN = ["478346000019582101", "007", "12E5", "1_000"]


def drawn(*, as_text):
    table = Texttable()
    table.set_deco(0)
    if as_text:
        table.set_cols_dtype(["t"])
    table.add_rows([[one] for one in GIVEN], header=False)
    return [line.strip() for line in table.draw().splitlines()]


print("given  ", GIVEN, "\ndrawn  ", drawn(as_text=False), "\nas text", drawn(as_text=True))
sys.exit((drawn(as_text=False), drawn(as_text=True)) != (["4.783e+17", "7", "1200000", "1000"], GIVEN))
PY
"$folder/venv/bin/python" "$folder/show.py"
