#!/usr/bin/env bash
# Outside CI: a run's trace and figures into programs that others wrote. Needs Debian's prometheus and
# prometheus-node-exporter on the path (promtool, the exporter), curl, and PyPI for Arize Phoenix, which takes OTLP over HTTP.
# Usage: tests/collectors/try.sh [PYTHON], a Python that has batchpub[otel]; default .venv/bin/python.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${1:-.venv/bin/python}
folder=$(mktemp -d); pids=()
finish() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$folder"; }
trap finish EXIT

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" -q install arize-phoenix==20.26.1
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
exporter=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
grpc=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
PHOENIX_WORKING_DIR=$folder PHOENIX_HOST=127.0.0.1 PHOENIX_PORT=$port PHOENIX_GRPC_PORT=$grpc \
  "$folder/venv/bin/arize-phoenix" serve >"$folder/phoenix.log" 2>&1 & pids+=($!)
for _ in $(seq 60); do curl -fsS -o /dev/null "http://127.0.0.1:$port/healthz" 2>/dev/null && break; sleep 1; done

mkdir "$folder/textfile"
OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="http://127.0.0.1:$port/v1/traces" \
  "$python" -m batchpub publish jobs/example/courses.xlsx --sandbox --speed 200 --report json \
  --out "$folder/reports" --metrics-file "$folder/textfile/batchpub.prom" || test $? -eq 1

promtool check metrics <"$folder/textfile/batchpub.prom" && echo "promtool: good"
prometheus-node-exporter --web.listen-address="127.0.0.1:$exporter" --collector.disable-defaults --collector.textfile \
  --collector.textfile.directory="$folder/textfile" >/dev/null 2>&1 & pids+=($!)
for _ in $(seq 20); do curl -fsS -o /dev/null "http://127.0.0.1:$exporter/metrics" 2>/dev/null && break; sleep 0.5; done
curl -fsS "http://127.0.0.1:$exporter/metrics" >"$folder/scraped"
grep -q '^node_textfile_scrape_error 0' "$folder/scraped"
grep '^batchpub_last_run_rows.*outcome="published"' "$folder/scraped"

count='import json,sys; print(json.load(sys.stdin)["data"]["projects"]["edges"][0]["node"]["recordCount"])'
for _ in $(seq 30); do
  spans=$(curl -fsS "http://127.0.0.1:$port/graphql" -H 'Content-Type: application/json' \
    -d '{"query":"{ projects { edges { node { name recordCount } } } }"}' | "$python" -c "$count")
  [ "$spans" -gt 40 ] && break
  sleep 1
done
echo "Phoenix has $spans spans"
[ "$spans" -gt 40 ]
