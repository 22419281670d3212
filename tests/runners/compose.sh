#!/usr/bin/env bash
# The services of jobs/compose by podman-compose and podman, without a daemon: `check`, `publish`, `publish` again, and the
# rehearsal that the file names, each as a pipeline types it. Needs root, and Debian's podman, runc, buildah, netavark and
# debootstrap. Tried: the image itself, its user, read-only root, volumes, secrets by their modes, exit codes. Not tried here:
# docker, whose registry is not reached; a network of compose's own (the sandbox is on the machine's); restart and swarm.
# `tests/runners/compose.sh [STORE]` leaves the store with the image in a folder, and takes it from there the next time.
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
work=$(mktemp -d)
store=${1:-$work/store}
sandbox=""
cleanup() {
  [ -z "$sandbox" ] || kill "$sandbox"
  podman volume rm --all --force >/dev/null 2>&1 || true
  [ ! -d "$work/store" ] || { umount "$work"/store/*/root/* 2>/dev/null || true; }
  rm -rf "$work"
}
trap cleanup EXIT
chmod 755 "$work"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q podman-compose==1.6.0 "$top" 2>/dev/null
rm -rf "$top/build"

PYTHONPATH=tests/image "$work/venv/bin/python" - "$store" <<'PY'
import sys
from pathlib import Path
from buildah import DRIVERS, IMAGE, Store, build_base, build_image, open_store
folder = Path(sys.argv[1])
kept = [Store(folder=folder / driver, driver=driver) for driver in DRIVERS if (folder / driver).exists()]
store = kept[0] if kept else open_store(folder)
if not store.buildah("images", "--quiet", "--filter", f"reference={IMAGE}"):
    build_base(store)
    build_image(store)
(folder / "driver").write_text(store.driver)
PY
driver=$(cat "$store/driver")

# As little as a machine may give: no cgroup of systemd's, limits that are not raised.
printf '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n' > "$work/containers.conf"
printf '[storage]\ndriver = "%s"\ngraphroot = "%s"\nrunroot = "%s"\n' "$driver" "$store/$driver/root" "$store/$driver/run" > "$work/storage.conf"
export CONTAINERS_CONF=$work/containers.conf CONTAINERS_STORAGE_CONF=$work/storage.conf BATCHPUB_IMAGE=localhost/batchpub

mkdir -p "$work/run/sheets" "$work/run/reports" "$work/run/secrets"
cp jobs/compose/compose.yaml jobs/courses.toml "$work/run/"
printf 'Course ID\n478346000019580117\n478346000019580254\n478346000019580391\n' > "$work/run/sheets/may.csv"
for name in client_id client_secret refresh_token; do printf '1000.%s.value' "$name" > "$work/run/secrets/$name"; done
chown 10001 "$work/run/reports" "$work"/run/secrets/*
chmod 0400 "$work"/run/secrets/* # as compose.yaml says

"$work/venv/bin/batchpub" sandbox --latency 0 > "$work/told" &
sandbox=$!
for _ in $(seq 100); do [ -s "$work/told" ] && break; sleep 0.1; done
url=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["url"])' < "$work/told")
cat > "$work/run/compose.override.yaml" <<YAML
services:
  check: {network_mode: host}
  publish: {network_mode: host, environment: {BATCHPUB_API_URL: "$url", BATCHPUB_ACCOUNTS_URL: "$url"}}
YAML

cd "$work/run"
compose() { "$work/venv/bin/podman-compose" -f compose.yaml -f compose.override.yaml "$@"; }
published() { curl -s "$url/_sandbox/stats" | python3 -c 'import json, sys; print(json.load(sys.stdin)["published"])'; }
holds() { [ "$1" = "$2" ] || { echo "expected $1, seen $2: $3" >&2; exit 1; }; }

podman --version
compose --version | head -1
compose run --rm -T check | tee "$work/log"
grep -q '3 courses to publish' "$work/log"
holds 0 "$(published)" "check sends nothing"
compose run --rm -T publish
holds 3 "$(published)" "publish sends each course"
compose run --rm -T publish
holds 3 "$(published)" "publish again sends nothing"
holds 10001 "$(stat -c %u reports/batchpub-reports)" "the reports' owner"
compose run --rm -T publish publish --sandbox --speed 60 /sheets
holds 3 "$(published)" "a rehearsal sends nothing"
chmod 0000 secrets/refresh_token
code=0
compose run --rm -T publish > "$work/log" 2>&1 || code=$?
holds 78 "$code" "a secret that user 10001 cannot read: $(cat "$work/log")"
grep -q 'refresh_token' "$work/log"
echo "compose: check, publish, again, a rehearsal and a secret that cannot be read held"
