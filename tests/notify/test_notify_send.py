"""What arrives, and that no failure to tell is more than a sentence without secrets."""

import http.server
import json
import threading
from contextlib import contextmanager

import pytest
from support.made_runs import make_row, make_run

from batchpub.course import Outcome
from batchpub.notify import FORMATS, Mail, Targets, notify
from batchpub.notify import send as sending
from batchpub.report.ending import describe_end

ENDING = describe_end(make_run(*(make_row(n, outcome=Outcome.PUBLISHED) for n in range(3)), exit_code=0), ())
SECRET = "s3cr3t-token-of-the-hook"


@contextmanager
def serve(status, headers=()):
    """A webhook on loopback that keeps what it is sent."""
    kept = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook/{SECRET}", kept
        finally:
            server.shutdown()
            thread.join()


def test_one_post_with_the_document():
    """
    One run is one POST of JSON.
    """
    with serve(204) as (url, kept):
        warnings = notify(ENDING, Targets(url=url))

    assert () == warnings
    assert [(f"/hook/{SECRET}", "application/json", FORMATS["json"](ENDING))] == kept


@pytest.mark.parametrize("status", [301, 307, 308, 400, 404, 500, 503])
def test_an_answer_that_is_no_yes_is_a_warning_without_the_address(status):
    """
    A refusal or a redirect is one sentence with the host and the status; a redirect is not followed.
    """
    with serve(status, [("Location", "http://127.0.0.1:1/elsewhere")]) as (url, kept):
        warnings = notify(ENDING, Targets(url=url))

    assert ("127.0.0.1 could not be told how the run ended: HTTP status "
            f"{status}. The run itself is not affected.",) == warnings  # fmt: skip
    assert 1 == len(kept)


@pytest.mark.parametrize(
    "url",
    [
        f"http://127.0.0.1:1/{SECRET}",
        f"https://127.0.0.1:1/{SECRET}",
        f"http://[::1/{SECRET}",
        f"http://host name/{SECRET}",
        f"http://127.0.0.1:99999999/{SECRET}",
        f"nosuchscheme://{SECRET}",
    ],
)
def test_what_cannot_be_reached_is_a_warning_without_the_address(url):
    """
    Whatever is wrong with an address, nothing is raised and the secret in it is not repeated.
    """
    (warning,) = notify(ENDING, Targets(url=url))

    assert SECRET not in warning
    assert warning.endswith("The run itself is not affected.")


def test_a_hook_that_never_answers_does_not_hold_the_end(monkeypatch):
    """
    The time of one target is bounded, also where every single read is quick.
    """
    never = threading.Event()
    monkeypatch.setattr(sending, "MOST_SECONDS", 0.05)
    monkeypatch.setattr(sending, "_post", lambda *_: never.wait(20))

    (warning,) = notify(ENDING, Targets(url="https://ci.example.com/hook"))
    never.set()

    assert "no answer within 0.05 s" in warning


def test_mail_has_the_sentence_and_the_workbook(tmp_path, mail_server):
    """
    A mail goes to everybody named, with the facts as text and the results attached.
    """
    workbook = tmp_path / "results.xlsx"
    workbook.write_bytes(b"PK workbook")
    mail = Mail(server=mail_server.url, sender="batchpub@example.com", to=("a@example.com", "b@example.com"))

    warnings = notify(ENDING, Targets(mail=mail), [workbook])

    assert () == warnings
    (message,) = mail_server.messages
    assert "batchpub: all published" == message["Subject"]
    assert "a@example.com, b@example.com" == message["To"]
    text, attached = message.iter_parts()
    assert "All 3 rows are published." in text.get_content()
    assert ("results.xlsx", b"PK workbook") == (attached.get_filename(), attached.get_content())


def test_mail_server_that_refuses_is_a_warning(mail_server):
    """
    A server that refuses the recipient is a sentence with its code, and without the password.
    """
    mail = Mail(server=mail_server.url, sender="batchpub@example.com", to=("nobody@example.com",))

    (warning,) = notify(ENDING, Targets(mail=mail))

    assert "could not be told how the run ended" in warning
    assert [] == mail_server.messages


def test_password_is_not_sent_over_a_plain_line(monkeypatch):
    """
    Where a server that is not this machine offers no encryption, nobody logs in.
    """
    sent = []

    class Plain:
        def __init__(self, *_args, **_options): ...
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def ehlo(self): ...
        def has_extn(self, _name):
            return False

        def login(self, *words):
            sent.append(words)

    monkeypatch.setattr(sending.smtplib, "SMTP", Plain)
    mail = Mail(server=f"smtp://me:{SECRET}@mail.example.com", sender="a@example.com", to=("b@example.com",))

    (warning,) = notify(ENDING, Targets(mail=mail))

    assert "no encryption" in warning
    assert [] == sent
