"""The `[answers]` table: what an operator may say of new codes, and how a wrong line is told."""

import pytest

from batchpub.account import open_account
from batchpub.clock import SystemClock
from batchpub.errors import SettingsWrong
from batchpub.services.zoho.access import AccessToken
from batchpub.services.zoho.meanings import Sign
from batchpub.settings.load import load_settings


def load(tmp_path, text, **environ):
    job = tmp_path / "job.toml"
    job.write_text(text)
    return load_settings(flags={}, environ=environ, job_file=job)


def test_table_of_a_job_file_reaches_the_client(tmp_path):
    """
    Bare and quoted codes, in any case; the client looks for them in lower case.
    """
    settings = load(
        tmp_path,
        'rate = 20\n[answers]\nCOURSE_IN_USE = "refused"\n7300 = "throttled"\n"a.b" = "unclear"\n',
        BATCHPUB_ACCESS_TOKEN="1000.x",
    )
    client = open_account(settings, AccessToken(token=settings.access_token), clock=SystemClock(), beside=None)

    assert {"course_in_use": Sign.FINAL, "7300": Sign.THROTTLE, "a.b": Sign.UNCLEAR} == client._added


def test_environment_holds_the_table_as_pairs(tmp_path):
    """
    BATCHPUB_ANSWERS outweighs the job file, as every variable does.
    """
    settings = load(tmp_path, '[answers]\n7300 = "denied"\n', BATCHPUB_ANSWERS="7300=refused, X_Y=unclear")

    assert {"7300": "refused", "X_Y": "unclear"} == settings.answers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('rate = 30\n\n[answers]\nA = "refused"\nB = "published"\n', ("B in [answers]", "line 5", "'published'")),
        ('[answers]\n7209 = "refused"\n', ("7209", "line 2", "has a meaning already (throttle)")),
        ('[answers]\n200 = "refused"\n', ("200", "line 2", "(success)")),
        ('[answers]\n429 = "refused"\n', ("429", "line 2", "(throttle)")),
        ('[answers]\nX_THROTTLES_LIMIT_EXCEEDED = "refused"\n', ("(throttle)",)),
        ('[answers]\nINVALID_INPUT = "unclear"\n', ("INVALID_INPUT", "(final)")),
        ('[answers]\nA = "refused"\na = "unclear"\n', ("a in [answers]", "line 3", "twice")),
        ('[answers]\n" A" = "refused"\n', ("line 2", "no code")),
        ("[answers]\nA = 3\n", ("answers in", "line 1")),
        ('answers = "refused"\n', ("answers in", "line 1")),
        ('[answers.A]\nB = "refused"\n', ("answers in", "line 1")),
    ],
)
def test_wrong_line_is_named_with_its_remedy(tmp_path, text, words):
    """
    The code, its line and what is wrong with it; above all when it would change what is understood already.
    """
    with pytest.raises(SettingsWrong) as caught:
        load(tmp_path, text)

    assert [] == [word for word in words if word not in str(caught.value)]


def test_half_a_credential_matters_only_where_one_is_needed():
    """
    A rehearsal, a list of runs and a login need no complete set.
    """
    environ = {"BATCHPUB_CLIENT_ID": "1000.ID", "BATCHPUB_COOKIE": "a=b"}

    with pytest.raises(SettingsWrong, match="credential"):
        load_settings(flags={}, environ=environ, job_file=None)
    assert load_settings(flags={}, environ=environ, job_file=None, needs_credentials=False)
