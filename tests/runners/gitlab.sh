#!/usr/bin/env bash
# The jobs of jobs/gitlab by gitlab-ci-local with the shell executor: `check sheets` of a merge request and `publish sheets` of the
# default branch. Tried: rules, variables of type File, scripts, artifacts, junit and Code Quality, exit codes. Not tried here:
# the image (the program is installed beside it), resource_group, retry and timeout, which only a GitLab has.
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
work=$(mktemp -d)
sandbox=""
trap '[ -z "$sandbox" ] || kill "$sandbox"; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q "$top"
rm -rf "$top/build"
(cd "$work" && npm init -y >/dev/null && npm install --silent gitlab-ci-local@4.60.0)
export PATH="$work/venv/bin:$work/node_modules/.bin:$PATH" HOME="$work"

mkdir -p "$work/repo/sheets"
cp jobs/courses.toml "$work/repo/"
printf 'Course ID,Course Name\n478346000019580117,Fire\n478346000019580254,First aid\nfire,Ladders\n' > "$work/repo/sheets/may.csv"
sed '/^ *image:$/,/entrypoint/d' jobs/gitlab/.gitlab-ci.yml > "$work/repo/.gitlab-ci.yml" # else it asks for docker
cd "$work/repo"
git init -q -b main
git config user.name t
git config user.email t@example.com
git remote add origin git@gitlab.example.com:training/sheets.git
git add -A
git commit -qm sheets
git update-ref refs/remotes/origin/main "$(git commit-tree -m empty "$(git hash-object -t tree /dev/null)")" # what `changes` is compared with
run() { gitlab-ci-local --force-shell-executor --shell-isolation=false --no-color "$@" 2>&1 | tee "$work/log"; }

gitlab-ci-local --version
run --variable CI_PIPELINE_SOURCE=merge_request_event "check sheets" && { echo "a row is invalid: 1 was due" >&2; exit 1; }
grep -q 'exit 1\|exited with code 1\|FAIL' "$work/log"
found=$(find . -name gl-code-quality-report.json | head -1)
python3 - "$found" <<'PY'
import json, sys
(issue,) = json.load(open(sys.argv[1]))
assert ("sheets/may.csv", 4) == (issue["location"]["path"], issue["location"]["lines"]["begin"]), issue
PY

sed -i '/^fire/d' sheets/may.csv
git commit -qam mended
batchpub sandbox --latency 0 > "$work/told" &
sandbox=$!
for _ in $(seq 100); do [ -s "$work/told" ] && break; sleep 0.1; done
url=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["url"])' < "$work/told")
for name in client_id client_secret refresh_token; do printf '1000.%s.value' "$name" > "$work/$name"; done
run --variable "BATCHPUB_API_URL=$url" --variable "BATCHPUB_ACCOUNTS_URL=$url" --variable "XDG_STATE_HOME=$work/state" \
  --variable "BATCHPUB_CLIENT_ID_FILE=$work/client_id" --variable "BATCHPUB_CLIENT_SECRET_FILE=$work/client_secret" \
  --variable "BATCHPUB_REFRESH_TOKEN_FILE=$work/refresh_token" "publish sheets"
curl -s "$url/_sandbox/stats" | python3 -c 'import json, sys; told = json.load(sys.stdin); assert told["published"] == 2, told'
echo "gitlab-ci-local: both jobs held"
