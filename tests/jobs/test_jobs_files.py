"""What stands in jobs/ to be copied: right by its public schema, and by what this program needs of it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from batchpub import __version__
from batchpub.errors import WORTH_A_RETRY, ExitCode, SettingsWrong
from batchpub.services.zoho.kept import TOKEN_LIMIT
from batchpub.settings.fields import SECRETS, SETTINGS
from batchpub.settings.load import load_settings

ROOT = Path(__file__).parents[2]
JOBS = ROOT / "jobs"
JOB_FILES = sorted(JOBS.glob("*.toml"))
WORKFLOWS = [*sorted((JOBS / "github").glob("*.yml")), *sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
GITLAB = JOBS / "gitlab" / ".gitlab-ci.yml"
COMPOSE = JOBS / "compose" / "compose.yaml"
MANIFESTS = sorted((JOBS / "kubernetes").glob("*.yaml"))
PIPELINES = [*WORKFLOWS, GITLAB, COMPOSE, *MANIFESTS]
OLDEST_KUBERNETES = "1.31"  # podFailurePolicy is stable from there
BY_SIGNAL = (ExitCode.INTERRUPTED, ExitCode.TERMINATED)


def named(path):
    return str(path.relative_to(ROOT))


def read(path):
    # "on:" is a word in a workflow and a yes in YAML 1.1.
    return yaml.load(path.read_text(encoding="utf-8").replace("\non:\n", "\n'on':\n"), Loader=yaml.SafeLoader)


def everyday():
    return load_settings(flags={}, environ={}, job_file=JOBS / "courses.toml")


def pod_of(manifest):
    spec = manifest["spec"]
    return (spec["jobTemplate"]["spec"] if manifest["kind"] == "CronJob" else spec)["template"]["spec"]


def job_of(manifest):
    return manifest["spec"]["jobTemplate"]["spec"] if manifest["kind"] == "CronJob" else manifest["spec"]


JOBS_OF_KUBERNETES = [manifest for manifest in map(read, MANIFESTS) if manifest["kind"] in ("Job", "CronJob")]
PARALLEL = read(JOBS / "kubernetes" / "parallel.yaml")
ALONE = [manifest for manifest in JOBS_OF_KUBERNETES if manifest != PARALLEL]


def named_by_kind(manifest):
    return "parallel" if manifest == PARALLEL else manifest["kind"]


@pytest.mark.parametrize("path", JOB_FILES, ids=named)
def test_job_files_hold_settings_and_nothing_else(path, monkeypatch):
    """
    Every job file is taken whole, and differs from the defaults in what it says.
    """
    told = tomllib.loads(path.read_text(encoding="utf-8"))

    monkeypatch.chdir(path.parent)
    settings = load_settings(flags={}, environ={}, job_file=Path(path.name))

    assert {name: SETTINGS[name].reader.read(value) for name, value in told.items()} == {
        name: getattr(settings, name) for name in told
    }


@pytest.mark.parametrize("path", JOB_FILES, ids=named)
@pytest.mark.parametrize("wrong", [*(f'{name} = "x"' for name in SECRETS), "max_failure = 3", 'state = "db://u:p@h/d"'])
def test_job_files_refuse_secrets_and_unknown_names_at_their_line(path, wrong, tmp_path):
    """
    A secret or a misspelt name in a job file is refused, and the line is named.
    """
    text = path.read_text(encoding="utf-8")
    copy = tmp_path / "job.toml"
    copy.write_text(f"{text}{wrong}\n", encoding="utf-8")

    with pytest.raises(SettingsWrong, match=f"line {len(text.splitlines()) + 1}:"):
        load_settings(flags={}, environ={}, job_file=copy)


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        ("github-workflows", WORKFLOWS),
        ("gitlab-ci", [GITLAB]),
        ("compose-spec", [COMPOSE]),
    ],
)
def test_pipelines_keep_their_public_schemas(schema, paths):
    """
    The files are right by the schemas that their makers publish.
    """
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    transform = ["--data-transform", "gitlab-ci"] if schema == "gitlab-ci" else []

    done = subprocess.run([*command, *transform, *map(str, paths)], capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("path", MANIFESTS, ids=named)
@pytest.mark.parametrize("version", [OLDEST_KUBERNETES, kubernetes_validate.latest_version()])
def test_manifests_keep_kubernetes_schema(path, version):
    """
    The manifests are right by the schema of Kubernetes itself, without a field that it does not know.
    """
    for manifest in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("path", PIPELINES, ids=named)
def test_no_pipeline_keeps_the_state_in_a_cache(path):
    """
    No pipeline has a cache at all, and every image is of this version.
    """
    text = path.read_text(encoding="utf-8")

    assert None is re.search(r"^\s*-?\s*(cache:|uses: actions/cache)", text, re.MULTILINE)
    assert set(re.findall(r"batchpub:(\d[\w.]*)", text)) <= {__version__}


def test_the_check_of_a_pull_request_has_no_secrets():
    """
    It is started by `pull_request`, may read and nothing else, and no secret is named in it.
    """
    path = JOBS / "github" / "check-sheets.yml"
    workflow = read(path)

    assert ["pull_request"] == list(workflow["on"])
    assert {"contents": "read"} == workflow["permissions"]
    assert "secrets." not in path.read_text(encoding="utf-8")


def test_a_publishing_workflow_waits_for_its_turn_and_keeps_the_reports():
    """
    One run at a time, none cancelled by the next; the reports are kept however it ended; it outlasts `max_duration`.
    """
    workflow = read(JOBS / "github" / "publish-sheets.yml")
    (job,) = workflow["jobs"].values()
    kept = next(step for step in job["steps"] if "upload-artifact" in step.get("uses", ""))

    assert {"group": "batchpub", "cancel-in-progress": False} == workflow["concurrency"]
    assert {"contents": "read"} == workflow["permissions"]
    assert ("always()", "reports") == (kept["if"], kept["with"]["path"])
    assert everyday().max_duration < job["timeout-minutes"] * 60 <= 6 * 3600


def test_gitlab_repeats_what_is_worth_it():
    """
    GitLab runs again after the codes that are worth it and no other, one pipeline at a time.
    """
    job = read(GITLAB)["publish sheets"]

    assert list(WORTH_A_RETRY) == job["retry"]["exit_codes"]
    assert ("batchpub", "always", "reports/junit.xml") == (
        job["resource_group"], job["artifacts"]["when"], job["artifacts"]["reports"]["junit"],
    )  # fmt: skip
    assert everyday().max_duration < 6 * 3600
    assert "6 hours" == job["timeout"]


@pytest.mark.parametrize("manifest", JOBS_OF_KUBERNETES, ids=named_by_kind)
def test_kubernetes_repeats_what_is_worth_it_and_gives_time_to_drain(manifest):
    """
    The policy knows every exit code; a failure that would come again ends the job, and a state that cannot be written is one
    of them where it is a file, not where it is a server; a call in flight may finish.
    """
    rules = {rule["action"]: rule for rule in job_of(manifest)["podFailurePolicy"]["rules"]}
    pod = pod_of(manifest)
    repeated = {*WORTH_A_RETRY, *BY_SIGNAL} | ({ExitCode.CANNOT_WRITE} if manifest == PARALLEL else set())

    assert repeated == set(rules["Count"]["onExitCodes"]["values"])
    assert set(ExitCode) - {ExitCode.OK} - repeated == set(rules["FailJob"]["onExitCodes"]["values"])
    assert [{"type": "DisruptionTarget", "status": "True"}] == rules["Ignore"]["onPodConditions"]
    assert "Never" == pod["restartPolicy"]
    assert everyday().total_timeout < pod["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("manifest", JOBS_OF_KUBERNETES, ids=named_by_kind)
def test_kubernetes_runs_it_as_nobody_with_a_state_that_lasts(manifest):
    """
    Not root, nothing writable but the volumes, no capability; the state is a claim or a URL, the sheets are read-only.
    """
    pod = pod_of(manifest)
    (container,) = pod["containers"]
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}

    assert (True, 10001) == (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"])
    assert {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}} == (
        container["securityContext"]
    )
    state = set() if "persistentVolumeClaim" in volumes[mounts["/state"]["name"]] else {"state"}
    assert mounts["/sheets"]["readOnly"]
    files = {f"BATCHPUB_{name.upper()}_FILE" for name in {"client_id", "client_secret", "refresh_token"} | state}
    assert {*files, "BATCHPUB_AGAIN_ID"} == {variable["name"] for variable in container["env"]}
    assert {"credentials"} == {volume["name"] for volume in pod["volumes"] if "secret" in volume}


def test_parallel_pods_are_a_work_queue_with_a_token_each():
    """
    No completions, so that one pod's 0 is the job's; fewer pods than Zoho gives tokens; each on a node of its own.
    """
    (spread,) = pod_of(PARALLEL)["topologySpreadConstraints"]
    labels = job_of(PARALLEL)["template"]["metadata"]["labels"]

    assert "completions" not in job_of(PARALLEL)
    assert 1 < job_of(PARALLEL)["parallelism"] < TOKEN_LIMIT
    assert spread["labelSelector"]["matchLabels"].items() <= labels.items()


def test_the_manifests_run_the_same_pod():
    """
    A job by hand and a job by the clock differ in nothing but when they run; several pods differ in where the state is.
    """
    one, other = ALONE
    many = pod_of(PARALLEL)
    changed = {"topologySpreadConstraints", "volumes", "containers"}

    assert pod_of(one) == pod_of(other)
    assert job_of(one)["podFailurePolicy"] == job_of(other)["podFailurePolicy"]
    assert without(pod_of(one), changed) == without(many, changed)
    assert without(pod_of(one)["containers"][0], {"env", "volumeMounts"}) == without(
        many["containers"][0], {"env", "volumeMounts"}
    )


def without(told, names):
    return {name: value for name, value in told.items() if name not in names}


def test_cron_leaves_out_what_would_overlap():
    """
    A run that lasts until the next one's time is not joined by it.
    """
    (cron,) = (manifest for manifest in JOBS_OF_KUBERNETES if manifest["kind"] == "CronJob")

    assert "Forbid" == cron["spec"]["concurrencyPolicy"]


def test_compose_keeps_the_state_in_a_volume():
    """
    Every service is locked down alike, and the state is a named volume.
    """
    compose = read(COMPOSE)

    for service in compose["services"].values():
        assert (True, ["ALL"], "no") == (service["read_only"], service["cap_drop"], service["restart"])
        assert "state:/state" in service["volumes"]
    assert "state" in compose["volumes"]
