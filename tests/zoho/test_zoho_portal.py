"""One limit has one name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchpub.services.zoho.hosts import DATA_CENTERS
from batchpub.services.zoho.portal import name_portal

SPELLINGS = [
    ("localhost:33315", ["localhost:033315", "LOCALHOST:33315", "http://localhost:33315/", "http://Localhost.:33315",
                         "127.0.0.1:33315", "http://[::1]:33315", "127.1:33315", "[::ffff:127.0.0.1]:33315", "0x7f000001:33315"]),
    ("people.zoho.com", ["https://people.zoho.com", "PEOPLE.ZOHO.COM", "https://people.zoho.com.:443/", "accounts.zoho.com",
                         "https://Accounts.Zoho.com:443", " people.zoho.com ", "people.zoho.com:8443", "people。zoho．com",
                         "https://people.zoho.com/people/api"]),
    ("people.zohocloud.ca", ["https://accounts.zohocloud.ca"]),
    ("bücher.example", ["https://xn--bcher-kva.example", "BÜCHER.example.", "bu\u0308cher.example:443"]),
    ("strasse.example:8443", ["straße.example:8443", "https://xn--strae-oqa.example:08443"]),
    ("10.0.0.7:8080", ["http://10.0.0.7:8080", "10.7:8080"]),
    ("[2001:db8::1]:8080", ["http://[2001:DB8:0:0::1]:8080"]),
    ("our two teams", ["Our  Two Teams", "ＯＵＲ two teams"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spelling"), [(name, one) for name, ways in SPELLINGS for one in [name, *ways]])
def test_a_portal_has_one_name(name, spelling):
    """
    However the same host is written, it is one portal; a name that somebody made up stays, but for capitals and blanks.
    """
    assert name == name_portal(spelling)


def test_data_centres_stay_apart():
    """
    Each has its own account, and so its own limit.
    """
    assert len(DATA_CENTERS) == len({name_portal(people) for _, people in DATA_CENTERS.values()})
    assert all(name_portal(accounts) == name_portal(people) for accounts, people in DATA_CENTERS.values())


@given(st.text() | st.from_regex(r"(https?://)?[A-Za-z.ß]{1,9}(:0{0,3}[0-9]{1,5})?", fullmatch=True))
def test_a_name_has_no_other_name(told):
    """
    Any text has a name, and a name is its own name, in whatever case it is written.
    """
    name = name_portal(told)

    assert name == name_portal(name)


@given(st.from_regex(r"[a-z]{1,9}(\.[a-z]{1,9}){0,2}", fullmatch=True), st.integers(1, 65535))
def test_capitals_zeros_and_dots_make_no_difference(host, port):
    """
    For any host and port.
    """
    ways = [f"{host}:{port}", f"{host.upper()}:{port:08}", f"https://{host.title()}.:{port}/", f"http://{host}:0{port}"]

    assert 1 == len({name_portal(way) for way in ways})
