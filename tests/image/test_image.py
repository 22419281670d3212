"""The image as it is shipped, built and run for real: its user, its files, its signals, its secrets, its size."""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import yaml
from buildah import (  # fmt: skip
    BASE,
    IMAGE,
    ROOT,
    CannotBuild,
    Runner,
    build_base,
    build_image,
    open_store,
    process_one,
    remove_store,
    size_of,
    terminate,
    why_not,
)
from support.sandbox_process import play_sandbox, stats

from batchpub import __version__

# The first test waits for the base and the build.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

EXAMPLE = ROOT / "jobs" / "example"
SHEETS = ROOT / "tests" / "data" / "sheets"
KINDS = (
    "csv_clean_utf8.csv", "csv_tab.tsv", "html_export.xls", "ods_mixed.ods", "xls_mixed.xls", "xlsx_clean_text.xlsx",
    "xlsx_strict_ooxml.xlsx",
)  # fmt: skip
USER = 10001
MOST_BYTES = 60_000_000
MOST_BYTES_OF_A_RELEASE = 5_000_000
CANARY = "canary-5f1c9e"


@pytest.fixture(scope="module")
def store():
    """The built image, in a store that is gone afterwards."""
    if reason := why_not():
        pytest.skip(f"THE IMAGE IS NOT TESTED HERE: {reason}")
    folder = Path(tempfile.mkdtemp(prefix="batchpub-image-"))
    try:
        store = open_store(folder)
        build_base(store)
        build_image(store)
        yield store
    except CannotBuild as error:
        pytest.skip(f"THE IMAGE IS NOT TESTED HERE: {error}")
    finally:
        remove_store(folder)


@pytest.fixture(scope="module")
def image(store):
    runner = Runner(rootfs=store.mount(IMAGE), config=store.config(IMAGE))
    runner.make_places("/sheets", "/run/secrets")
    return runner


@pytest.fixture
def volumes(tmp_path):
    """A state and a folder of reports as an orchestrator hands them out, and the sheets read-only."""
    for name in ("state", "reports"):
        (tmp_path / name).mkdir()
        shutil.chown(tmp_path / name, USER, USER)
    tmp_path.chmod(0o755)
    return {"/state": tmp_path / "state", "/reports": tmp_path / "reports", "/sheets:ro": EXAMPLE}


@pytest.fixture
def service():
    """A sandbox on this machine whose answers take a second, and which lets in only tokens that it issued."""
    with play_sandbox("--strict-tokens", "--latency", "1") as url:
        yield url


def secret_files(folder):
    """Write the three parts of a self client's credentials, as a secret that is mounted."""
    folder.mkdir()
    for name in ("client_id", "client_secret", "refresh_token"):
        (folder / name).write_text(f"{CANARY}-{name}\n")
    return {f"BATCHPUB_{path.name.upper()}_FILE": f"/run/secrets/{path.name}" for path in folder.iterdir()}


def everything_in(folder):
    return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in folder.rglob("*")}


def written_in(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def results_in(volumes):
    (found,) = volumes["/reports"].rglob("run_results.json")
    return json.loads(found.read_text())


def test_check_shows_what_publish_would_do(image, volumes):
    """
    `docker run IMAGE check /sheets/courses.xlsx` prints on stdout, and leaves the root file system as it was.
    """
    before = everything_in(image.rootfs)

    done = image.run("check", "/sheets/courses.xlsx", "--json", volumes=volumes)

    told = json.loads(done.stdout)
    assert (1, "", 40) == (done.returncode, done.stderr, told["to_publish"])
    assert before == everything_in(image.rootfs)


def test_a_rehearsal_writes_to_its_volumes_and_nowhere_else(image, volumes):
    """
    `publish --sandbox` runs in a read-only image: five reports, no state of a rehearsal, no file changed or added.
    """
    before = everything_in(image.rootfs)

    done = image.run("publish", "/sheets/courses.xlsx", "--sandbox", "--speed", "60", volumes=volumes)

    last = json.loads(done.stderr.splitlines()[-1])
    (folder,) = (volumes["/reports"] / "batchpub-reports").iterdir()
    assert (1, "run.finished", 1) == (done.returncode, last["event.action"], last["batchpub.exit_code"])
    assert {"report.html", "results.csv", "results.xlsx", "run_results.json", "junit.xml"} <= {
        path.name for path in folder.iterdir()
    }
    assert {USER} == {path.stat().st_uid for path in volumes["/reports"].rglob("*")}
    assert [] == list(volumes["/state"].iterdir())
    assert before == everything_in(image.rootfs)


def test_every_command_finds_what_it_loads(image, volumes, service, tmp_path):
    """
    What is left out of the image is missed by no command: one after the other ends well.
    """
    environment = {**at(service), **secret_files(tmp_path / "secrets")}
    mounted = {**volumes, "/sheets:ro": write_sheets(tmp_path / "sheets"), "/run/secrets:ro": tmp_path / "secrets"}
    commands = [
        ("doctor", "--json"),
        ("check", "/sheets", "--online"),
        ("publish", "/sheets", "--out", "now"),
        ("runs",),
        ("report", "--out", "again"),
        ("retry", "now/results.xlsx"),
        ("template", "blank.xlsx"),
    ]

    ended = {words: image.run(*words, volumes=mounted, environment=environment) for words in commands}

    assert [0] * len(commands) == [done.returncode for done in ended.values()], ended


def test_every_kind_of_sheet_is_read_as_elsewhere(image, volumes, tmp_path):
    """
    `check` of a folder with every kind of sheet says in the image what it says outside of it.
    """
    folder = tmp_path / "kinds"
    folder.mkdir()
    for name in KINDS:
        shutil.copy(SHEETS / name, folder)

    command = [sys.executable, "-m", "batchpub", "check", "--json", str(folder)]
    outside = subprocess.run(command, capture_output=True, text=True, check=False)
    inside = image.run("check", "--json", "/sheets", volumes={**volumes, "/sheets:ro": folder})

    expected = json.loads(outside.stdout.replace(str(folder), "/sheets"))
    assert set(KINDS) == {Path(row["file"]).name for row in expected["rows"]}
    assert (outside.returncode, expected) == (inside.returncode, json.loads(inside.stdout))


def test_any_user_of_group_0_can_run_it(image, tmp_path):
    """
    OpenShift gives a user that nobody knows, in group 0, and volumes of that group: both folders of the image are open to it.
    """
    for place in ("/state", "/reports"):
        found = (image.rootfs / place.lstrip("/")).stat()
        assert (USER, 0, 0o70) == (found.st_uid, found.st_gid, found.st_mode & 0o70)
    mounts = {place: tmp_path / place.strip("/") for place in ("/state", "/reports")}
    for folder in mounts.values():
        folder.mkdir()
        shutil.chown(folder, 0, 0)
        folder.chmod(0o770)
    tmp_path.chmod(0o755)

    done = image.run(
        "publish", "/sheets/courses.xlsx", "--sandbox", "--speed", "60", volumes={**mounts, "/sheets:ro": EXAMPLE},
        environment={"HOME": "/"}, user="1000680000:0",
    )  # fmt: skip

    assert (1, 1) == (done.returncode, json.loads(done.stderr.splitlines()[-1])["batchpub.exit_code"]), done.stderr
    assert {1000680000} == {path.stat().st_uid for path in mounts["/reports"].rglob("*")}


def test_process_one_is_nobody_and_can_do_nothing(image, volumes, service, tmp_path):
    """
    The entrypoint itself is process 1, under a number that is not root, with no capability.
    """
    environment = {**at(service), **secret_files(tmp_path / "secrets")}
    mounted = {**volumes, "/run/secrets:ro": tmp_path / "secrets"}

    with image.running("publish", "/sheets/courses.xlsx", volumes=mounted, environment=environment) as process:
        wait_for_calls(service, 1, process)
        inside = Path(f"/proc/{process_one(process)}")
        status = dict(line.split(":\t", 1) for line in (inside / "status").read_text().splitlines() if ":\t" in line)
        command = (inside / "cmdline").read_bytes().split(b"\0")
        seen = (inside / "environ").read_bytes() + (inside / "cmdline").read_bytes()
        terminate(process)
        process.communicate(timeout=60)

    assert ("1", ["10001"] * 4, ["10001"] * 4) == (
        status["NSpid"].split()[-1], status["Uid"].split(), status["Gid"].split(),
    )  # fmt: skip
    assert ("0000000000000000", "1") == (status["CapEff"], status["NoNewPrivs"])
    assert b"/opt/batchpub/bin/batchpub" in command
    assert CANARY.encode() not in seen


def test_sigterm_drains_and_a_second_container_goes_on(image, volumes, service, tmp_path):
    """
    SIGTERM lets the calls in flight finish and ends in 143 with every row reported; the next container publishes the
    rest from the state in the volume, and nothing twice. The secrets came from files and are nowhere else.
    """
    sheet = tmp_path / "sheets"
    sheet.mkdir()
    numbers = [str(478346000019580117 + 137 * n) for n in range(24)]
    (sheet / "courses.csv").write_text("Course ID\n" + "\n".join(numbers) + "\n")
    environment = {**at(service), **secret_files(tmp_path / "secrets")}
    mounted = {**volumes, "/sheets:ro": sheet, "/run/secrets:ro": tmp_path / "secrets"}
    command = ("publish", "/sheets/courses.csv", "--out", "/reports/now")

    with image.running(*command, volumes=mounted, environment=environment) as first:
        wait_for_calls(service, 8, first)
        terminate(first)
        _, told = first.communicate(timeout=60)
    counted, results = stats(service), results_in(volumes)
    second = image.run(*command, volumes=mounted, environment=environment)
    at_last = stats(service)

    published = [row["outcome"] for row in results["rows"]].count("published")
    last = json.loads(told.splitlines()[-1])
    assert (143, 143, 24) == (first.returncode, last["batchpub.exit_code"], len(results["rows"]))
    assert published == counted["arrivals"]["publish"] < 24
    assert {"published", "not_attempted"} == {row["outcome"] for row in results["rows"]}
    assert (0, 24, {}) == (second.returncode, at_last["arrivals"]["publish"], dict(at_last["published_twice"]))
    for seen in (told, second.stdout, second.stderr, *map(written_in, (volumes["/state"], volumes["/reports"]))):
        assert CANARY not in str(seen)


@pytest.mark.parametrize("manifest", ["job.yaml", "cronjob.yaml"])
def test_kubernetes_pod_runs_as_it_is_written(image, volumes, service, tmp_path, manifest):
    """
    The pod of the manifest, with its arguments, variables and mounts, publishes what the ConfigMaps hold.
    """
    secret_files(tmp_path / "secrets")
    arguments, told = pod_of(image, manifest, volumes, sources(tmp_path), service)

    done = image.run(*arguments, **told)

    assert (0, 3) == (done.returncode, stats(service)["arrivals"]["publish"]), done.stderr
    assert ["published"] * 3 == [row["outcome"] for row in results_in(volumes)["rows"]]
    assert CANARY not in done.stderr


def test_kubernetes_pods_share_sheets_as_it_is_written(image, service, tmp_path, own_server):
    """
    Two pods of the parallel Job at the same time, with a PostgreSQL for their state: both end with 0, each course was sent
    once, each reports every row. A pod keeps nothing but its access token and its reports.
    """
    secret_files(tmp_path / "secrets")
    places = sources(tmp_path, courses=20)
    pods = {name: own_volumes(tmp_path / name) for name in ("one", "other")}
    at_loopback = f"postgres:{CANARY}@127.0.0.1:{own_server.listen()}"
    name = own_server.make_database().partition("@/")[2].partition("?")[0]
    (tmp_path / "secrets" / "state_url").write_text(f"postgresql+asyncpg://{at_loopback}/{name}\n")

    with contextlib.ExitStack() as stack:
        running = {}
        for name, volumes in pods.items():
            arguments, told = pod_of(image, "parallel.yaml", volumes, places, service)
            running[name] = stack.enter_context(image.running(*arguments, **told))
        ended = {name: (process.communicate(timeout=90)[1], process.returncode) for name, process in running.items()}

    results = {name: [row["outcome"] for row in results_in(volumes)["rows"]] for name, volumes in pods.items()}
    assert [0, 0] == [code for _, code in ended.values()], ended
    assert (20, {}) == (stats(service)["arrivals"]["publish"], dict(stats(service)["published_twice"]))
    assert [20, 20] == [len(outcomes) for outcomes in results.values()]
    assert 20 == sum(outcomes.count("published") for outcomes in results.values())
    for name, (told, _) in ended.items():
        kept = [path.name for path in pods[name]["/state"].rglob("*") if path.is_file()]
        assert ["state.db.token", "state.db.token.lock"] == sorted(kept)
        assert CANARY not in told
        assert "token.memory_only" not in told


def own_volumes(folder):
    """A state and a folder of reports that nobody else has."""
    volumes = {f"/{name}": folder / name for name in ("state", "reports")}
    for path in volumes.values():
        path.mkdir(parents=True)
        shutil.chown(path, USER, USER)
    return volumes


def sources(folder, *, courses=3):
    """What the pods mount read-only: the sheets, the job and the secret."""
    return {
        "/sheets": write_sheets(folder / "sheets", courses=courses),
        "/job": write_job(folder / "job"),
        "/run/secrets/batchpub": folder / "secrets",
    }


def pod_of(image, manifest, volumes, places, service):
    """Give the arguments of a manifest's container, and its mounts and variables."""
    told = yaml.safe_load((ROOT / "jobs" / "kubernetes" / manifest).read_text(encoding="utf-8"))["spec"]
    (container,) = (told["jobTemplate"]["spec"] if "jobTemplate" in told else told)["template"]["spec"]["containers"]
    given = {**volumes, **places}
    mounts = {
        mount["mountPath"] + (":ro" if mount.get("readOnly") else ""): given[mount["mountPath"]]
        for mount in container["volumeMounts"]
        if mount["mountPath"] != "/tmp"
    }
    image.make_places(*(place.removesuffix(":ro") for place in mounts))
    # A field of the Job, such as its uid, is what the cluster writes there.
    variables = {variable["name"]: variable.get("value", "a-field-of-the-job") for variable in container["env"]}
    return container["args"], {"volumes": mounts, "environment": {**at(service), **variables}}


def test_compose_services_run_as_they_are_written(image, volumes, service, tmp_path):
    """
    `check` and then `publish` of the compose file, with their commands, variables, secrets and mounts.
    """
    compose = yaml.safe_load((ROOT / "jobs" / "compose" / "compose.yaml").read_text(encoding="utf-8"))
    secret_files(tmp_path / "secrets")
    given = {
        "state": volumes["/state"],
        "./reports": volumes["/reports"],
        "./sheets": write_sheets(tmp_path / "sheets"),
        "./courses.toml": write_job(tmp_path / "job") / "courses.toml",
    }
    done = {}

    for name, told in compose["services"].items():
        mounts = {place: given[source] for source, place in (volume.split(":", 1) for volume in told["volumes"])}
        mounts |= {f"/run/secrets/{secret}:ro": tmp_path / "secrets" / secret for secret in told.get("secrets", ())}
        image.make_places(*(place.removesuffix(":ro") for place, source in mounts.items() if source.is_dir()))
        image.make_files(*(place.removesuffix(":ro") for place, source in mounts.items() if source.is_file()))
        done[name] = image.run(
            *told["command"], volumes=mounts, environment={**at(service), **told.get("environment", {})}
        )

    assert (0, 0) == (done["check"].returncode, done["publish"].returncode), done["publish"].stderr
    assert "3 courses to publish" in done["check"].stdout
    assert 3 == stats(service)["arrivals"]["publish"]


def at(service):
    return {"BATCHPUB_API_URL": service, "BATCHPUB_ACCOUNTS_URL": service}


def write_sheets(folder, *, courses=3):
    """Two sheets; the second has the last course."""
    folder.mkdir()
    *may, june = (str(478346000019580117 + 137 * number) for number in range(courses))
    (folder / "may.csv").write_text("\n".join(["Course ID", *may, ""]))
    (folder / "june.csv").write_text(f"Course ID\n{june}\n")
    return folder


def write_job(folder):
    folder.mkdir()
    shutil.copy(ROOT / "jobs" / "courses.toml", folder)
    return folder


def test_what_is_added_to_the_base_is_small_and_has_no_tools(store, image):
    """
    At most 60 MB more than the base, without pip, compilers, our tests, the libraries' tests and what no command loads; a
    release alone at most 5.
    """
    added = size_of(image.rootfs) - size_of(store.mount(BASE))
    ours = sum(
        size_of(path) for path in (image.rootfs / "opt").rglob("batchpub*") if path.parent.name == "site-packages"
    )
    names = {path.name for path in (image.rootfs / "opt").rglob("*")}

    print(f"\nthe image adds {added / 1e6:.0f} MB to its base", file=sys.stderr)
    assert 0 < added <= MOST_BYTES
    assert 0 < ours <= MOST_BYTES_OF_A_RELEASE
    assert set() == names & {"pip", "setuptools", "tests", "gcc", "Dockerfile", ".git", "numpy", "pandas"}
    assert {"batchpub"} == {path.name for path in (image.rootfs / "opt").iterdir()}


def test_labels_and_entrypoint(image):
    """
    The labels are the program's own, the entrypoint is in the form that gets signals, the state is a volume.
    """
    labels = image.config["Labels"]

    assert (__version__, "tested", "MIT") == tuple(
        labels[f"org.opencontainers.image.{name}"] for name in ("version", "revision", "licenses")
    )
    assert (["batchpub"], "10001:10001", {"/state", "/reports"}) == (
        image.config["Entrypoint"], image.config["User"], set(image.config["Volumes"]),
    )  # fmt: skip


def wait_for_calls(service, number, process):
    for _ in range(300):
        if stats(service)["arrivals"].get("publish", 0) >= number:
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    process.kill()
    raise AssertionError(f"the container sends nothing: {process.communicate()}")
