#!/bin/sh
# Guess, written down before running: excelize for Python, which wraps the Go library, writes a whole number of 18 digits as
# Excel and the Go library do: all digits in the file, or a double of 15 to 17 digits.
#
# Seen (excelize 0.1.0 from PyPI, Python 3.11): set_cell_value keeps the lowest 32 bits of an int and says nothing.
# 2147483648 becomes -2147483648, 4294967297 becomes 1, 478346000019582101 becomes 317025429.
#
# Exits 1 when that changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "excelize==0.1.0" "openpyxl==3.1.5"
cat > "$folder/try.py" <<'PY'
import sys

import excelize
import openpyxl

GIVEN = [2147483647, 2147483648, 4294967297, 478346000019582101]
SEEN = [2147483647, -2147483648, 1, 317025429]

book = excelize.new_file()
for row, number in enumerate(GIVEN, 1):
    book.set_cell_value("Sheet1", f"A{row}", number)
book.save_as(sys.argv[1])
found = [row[0] for row in openpyxl.load_workbook(sys.argv[1]).active.iter_rows(values_only=True)]
print(f"excelize 0.1.0: {GIVEN} are in the file as {found}")
sys.exit(found != SEEN)
PY
"$folder/venv/bin/python" "$folder/try.py" "$folder/numbers.xlsx"
