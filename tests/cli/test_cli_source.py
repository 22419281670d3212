"""Sheets from elsewhere: an address, standard input, a bucket. Fetched with bounds, and nothing secret goes out or is shown."""

import hashlib
import http.server
import io
import json
import os
import subprocess
import sys
import threading

import pytest

from batchpub import source as source_module
from batchpub.errors import SettingsWrong, SheetMissing, SheetRefused
from batchpub.masking import secrets_of_address
from batchpub.source import fetch, is_elsewhere, show_address

LIST = b"Course ID\n478346000019582101\n478346000019582357\n"
TOKEN = "EaBcDeF0123456789signed"


class _Terminal(io.BytesIO):
    def isatty(self):
        return True


def get(told, **more):
    return fetch(told, name=more.get("name"), stdin=more.get("stdin", io.BytesIO(LIST)))


@pytest.fixture
def site():
    """A server on this machine that keeps the headers it was sent."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(dict(self.headers))
            status, headers, body = pages[self.path.partition("?")[0]]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    seen, pages = [], {"/lists/courses.csv": (200, {}, LIST)}
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", pages, seen
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("told", "elsewhere"),
    [
        *(("-", True), ("https://x.org/a.csv", True), ("s3://bucket/a.csv", True), ("simplecache::s3://b/a", True)),
        *(("a.csv", False), ("C:\\lists\\a.csv", False), ("./-", False), ("lists/a:b.csv", False), ("c:/a.csv", False)),
    ],
)
def test_source_knows_a_path_from_an_address(told, elsewhere):
    """
    Standard input and addresses are fetched; a path is a path, with a drive letter too.
    """
    assert elsewhere == is_elsewhere(told)


def test_source_fetches_an_address_and_sends_nothing_of_ours(site, monkeypatch, tmp_path):
    """
    The bytes come whole; no cookie and no credential goes out, also not what a .netrc has for the host.
    """
    url, _, seen = site
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login staff password secret\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BATCHPUB_COOKIE", "a=secret")

    found = get(f"{url}/lists/courses.csv?sig={TOKEN}")

    assert (LIST, f"{url}/…/courses.csv", ()) == (found.data, found.file, found.notes)
    assert {"Accept-Encoding", "Host", "User-Agent", "Accept", "Connection"} == set(seen[0])


def test_source_tells_of_redirects_and_names_the_file_after_the_server(site):
    """
    A redirect is followed and told; where the address shows no name, the server's counts, without a folder in it.
    """
    url, pages, _ = site
    pages[f"/share/{TOKEN}"] = (302, {"Location": "/real"}, b"")
    pages["/real"] = (200, {"Content-Disposition": 'attachment; filename="../june/courses.csv"'}, LIST)

    found = get(f"{url}/share/{TOKEN}")

    assert LIST == found.data
    assert f"{url}/…/courses.csv" == found.file
    assert (f"Fetched by way of {url}/.",) == found.notes


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((401, {}, b""), "sign-in"),
        ((403, {}, b""), "sign-in"),
        ((404, {}, b""), "no such file on the server"),
        ((500, {}, b""), "status 500"),
        ((200, {"Content-Length": "900"}, LIST), "bytes arrived"),
        ((302, {"Location": "http://example.org/x"}, b""), "without https"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "does not follow"),
        ((302, {"Location": "/lists/bad.csv"}, b""), "in a circle"),
    ],
)
def test_source_says_what_is_wrong_with_an_address(site, answer, said):
    """
    Each trouble has its sentence, which never shows what stands behind the file's name.
    """
    url, pages, _ = site
    pages["/lists/bad.csv"] = answer

    with pytest.raises(SheetRefused, match=said) as refused:
        get(f"{url}/lists/bad.csv?sig={TOKEN}")

    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    "told",
    ["http://example.org/a.csv", "https://me:pw@example.org/a.csv", "file:///a.csv", "simplecache::memory://a.csv"],
)
def test_source_refuses_unsafe_addresses_without_calling(told):
    """
    No plain http, no password in the address, no detour to a file of this machine.
    """
    with pytest.raises(SheetRefused):
        get(told)


def test_source_has_a_bound_on_size_and_time(site, monkeypatch):
    """
    More than any list holds is refused while it arrives; a server that sends nothing is given up.
    """
    url, _, _ = site
    monkeypatch.setattr(source_module, "MAX_BYTES", 20)
    with pytest.raises(SheetRefused, match="larger than"):
        get(f"{url}/lists/courses.csv")

    monkeypatch.setattr(source_module, "MOST_SECONDS", 0.05)
    with pytest.raises(SheetMissing, match="did not arrive"):
        source_module._within(0.05, f"{url}/x.csv", lambda _: threading.Event().wait(5))


def test_source_reads_what_fsspec_knows():
    """
    A bucket's file is read through fsspec; one that is not there, and a scheme nobody knows, are told.
    """
    import fsspec

    with fsspec.open("memory://lists/courses.csv", "wb") as file:
        file.write(LIST)

    assert LIST == get("memory://lists/courses.csv").data
    with pytest.raises(SheetMissing, match="no such file"):
        get("memory://lists/other.csv")
    with pytest.raises(SheetRefused, match="No library knows"):
        get("nosuch://lists/other.csv")


def test_source_names_the_extra_where_the_library_is_missing(monkeypatch):
    """
    Without the library the sentence says what to install.
    """
    monkeypatch.setitem(sys.modules, "fsspec", None)

    with pytest.raises(SettingsWrong, match=r"batchpub\[remote\]"):
        get("s3://bucket/a.csv")


def test_source_reads_standard_input_but_no_terminal():
    """
    Standard input is called what --name says; a terminal is not waited for.
    """
    assert ("june.csv", LIST) == ((found := get("-", name="june.csv")).file, found.data)
    with pytest.raises(SheetMissing, match="is a terminal"):
        get("-", stdin=_Terminal())


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"https://x.org/a/b/june.xlsx?sig={TOKEN}", "https://x.org/…/june.xlsx"),
        (f"https://tenant.sharepoint.com/:x:/s/training/{TOKEN}?e=x", "https://tenant.sharepoint.com/…/"),
        ("s3://bucket/june.csv", "s3://bucket/june.csv"),
        (f"https://me:{TOKEN}@x.org:8443/june.csv", "https://x.org:8443/june.csv"),
        ("http://[::1]:8080/lists/june.csv", "http://[::1]:8080/…/june.csv"),
    ],
)
def test_source_shows_no_secret_of_an_address(address, shown):
    """
    What people see has host, port and file; what may be a secret is masked elsewhere.
    """
    assert shown == show_address(address)
    assert (TOKEN in address) == (TOKEN in secrets_of_address(address))


def test_what_was_read_is_kept_beside_the_reports_with_its_checksum(site, tmp_path):
    """
    A run from standard input, an address and a file keeps the three, with checksums that run_results.json has as well; the
    signature in the address is in nothing that was written.
    """
    url, pages, _ = site
    (tmp_path / "courses.csv").write_bytes(LIST.replace(b"101", b"217"))
    pages["/lists/courses.csv"] = (200, {}, LIST.replace(b"101", b"943"))
    command = [sys.executable, "-m", "batchpub", "publish", "-", f"{url}/lists/courses.csv?sig={TOKEN}", "courses.csv"]

    done = subprocess.run(
        [*command, "--name", "courses.csv", "--sandbox", "--speed", "1000", "--out", "out"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("BATCHPUB_")},
        input=LIST,
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert 0 == done.returncode, done.stderr.decode()
    kept = {path.name: path.read_bytes() for path in (tmp_path / "out" / "inputs").iterdir()}
    sums = dict(reversed(line.split("  ")) for line in kept.pop("SHA256SUMS").decode().splitlines())
    assert {name: hashlib.sha256(data).hexdigest() for name, data in kept.items()} == sums
    assert ["2-courses.csv", "3-courses.csv", "courses.csv"] == sorted(kept)
    told = json.loads((tmp_path / "out" / "run_results.json").read_bytes())
    assert ["courses.csv", f"{url}/…/courses.csv", "courses.csv"] == [one["file"] for one in told["sheets"]]
    assert set(sums.values()) == {one["sha256"] for one in told["sheets"]}
    written = [done.stdout, done.stderr, *(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())]
    assert not [data for data in written if TOKEN.encode() in data]
