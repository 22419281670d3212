#!/usr/bin/env bash
# csvkit: some of its commands keep the digits of a long id, others round them, in one release and from one file.
#
# Guess, written down first: csvkit keeps numbers as decimals (agate), so no command loses a digit of 18.
# Seen (csvkit 2.2.0 with agate 1.14.2, Python 3.11): csvsort and csvcut give 478346000019582101 back. csvjson writes
# 4.783460000195821e+17, `csvsql --query "select * from ..."` as well, and csvstat says that the biggest is
# 478346000019582080: the decimals become doubles where they leave agate. Quotes in the file change nothing; `--no-inference`
# keeps the digits of csvjson.
# What follows: whether a file that went through csvkit still holds its ids depends on the last command of the pipe.
# Source: agate/data_types/number.py, Number.jsonify returns float(d); for csvsql, SQLAlchemy binds decimals to SQLite as
# doubles.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install csvkit==2.2.0 agate==1.14.2
cd "$folder"
export PATH="$folder/venv/bin:$PATH" LC_ALL=C
printf 'course,title\n"478346000019582101","Fire"\n"478346000019582102","Water"\n' > courses.csv
ID=478346000019582101
seen=0
has() { # NAME EXPECTED OUTPUT
  printf '%s: %s\n' "$1" "$3"
  case $3 in *"$2"*) ;; *) echo "  no longer holds $2"; seen=1 ;; esac
}
has csvsort "$ID" "$(csvsort -c course courses.csv | sed -n 2p)"
has csvcut "$ID" "$(csvcut -c course courses.csv | sed -n 2p)"
has csvjson 4.783460000195821e+17 "$(csvjson courses.csv)"
has "csvjson --no-inference" "\"$ID\"" "$(csvjson --no-inference courses.csv)"
has "csvsql --query" 4.783460000195821e+17 "$(csvsql --query 'select * from courses' courses.csv | sed -n 2p)"
has csvstat 478346000019582080 "$(csvstat --max courses.csv | head -1)"
exit $seen
