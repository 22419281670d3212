"""Whoever is to hear of the end hears of it: after a run, after an end before it, and after reports that failed."""

import http.server
import json
import os
import subprocess
import sys
import threading

import pytest

HEADING = "Course ID,Course name\n"
COURSE = "478346000019582101"


@pytest.fixture
def hook():
    """A webhook that keeps the documents it is sent."""
    kept = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            kept.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_): ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/secret-path", kept
        server.shutdown()
        thread.join()


def publish(folder, url, *arguments):
    command = [sys.executable, "-m", "batchpub", "publish", "a.csv", "--sandbox", "--speed", "1000", *arguments]
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("BATCHPUB_", "OTEL_", "GITHUB_"))
    }
    environ |= {"BATCHPUB_NOTIFY_URL": url, "GITLAB_CI": "true", "CI_PIPELINE_URL": "https://ci.example.com/p/7"}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_a_run_is_told_once_with_its_figures(tmp_path, hook):
    """
    One run, one document: how it ended, how many rows, where the pipeline is; and the textfile has the same figures.
    """
    url, kept = hook
    (tmp_path / "a.csv").write_text(f"{HEADING}{COURSE},Fire Safety\nx,Nonsense\n", encoding="utf-8")

    done = publish(tmp_path, url, "--out", "out", "--metrics-file", "b.prom")

    assert 1 == done.returncode, done.stderr
    (told,) = kept
    assert (1, 1, {"published": 1, "invalid": 1}) == (
        told["exit_code"],
        told["attention"],
        {name: count for name, count in told["counts"].items() if count},
    )
    assert ("out", "https://ci.example.com/p/7") == (told["reports"], told["pipeline_url"])
    assert 'outcome="published"} 1\n' in (tmp_path / "b.prom").read_text(encoding="utf-8")
    assert "secret-path" not in done.stderr + done.stdout


@pytest.mark.slow
def test_an_end_before_the_run_is_told_too(tmp_path, hook):
    """
    A sheet that is refused is one document with its sentence and no rows; it names the run whose reports lie there.
    """
    url, kept = hook
    (tmp_path / "a.csv").write_bytes(b"")

    done = publish(tmp_path, url)

    assert 65 == done.returncode, done.stderr
    (told,) = kept
    assert (65, {}, "people.zoho.com") == (told["exit_code"], told["counts"], told["host"])
    assert told["run"] in told["reports"]
    assert "a.csv" in told["message"]


@pytest.mark.slow
def test_failing_to_tell_is_a_warning_and_no_exit_code(tmp_path):
    """
    Nobody listens, the metrics' folder is not there: two warnings, and the exit code is the run's own.
    """
    (tmp_path / "a.csv").write_text(f"{HEADING}{COURSE},Fire Safety\n", encoding="utf-8")

    done = publish(tmp_path, "http://127.0.0.1:1/secret-path", "--metrics-file", "no/such/b.prom")

    events = [json.loads(line) for line in done.stderr.splitlines()]
    untold = [event["error.message"] for event in events if event["event.action"] == "report.unannounced"]
    assert 0 == done.returncode
    assert 2 == len(untold)
    assert "secret-path" not in done.stderr
