"""A sentence names a setting, and the command line its flag."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchpub.cli.wording import with_flags


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("longer than the setting max_lock allows (900 s).", "longer than --max-lock allows (900 s)."),
        ("set the setting column = ID.", "set --column ID."),
        ('say the setting column = "LMS ID", or rename it.', 'say --column "LMS ID", or rename it.'),
        ("(or the setting confirm_id = 478346000019582000)", "(or --confirm-id 478346000019582000)"),
        ("the setting id_digits = 16-19: wrong", "--id-digits 16-19: wrong"),
        ("the setting nonsense is none", "the setting nonsense is none"),
        ("the setting access_token is a secret", "the setting access_token is a secret"),
        ("See the setting include_hidden", "See --include-hidden"),
    ],
)
def test_setting_becomes_its_flag(told, expected):
    """
    Name and value become flag and value; what is no setting, or a secret, stays as it is.
    """
    assert expected == with_flags(told)


@given(st.text())
def test_other_text_stays(text):
    """
    A sentence that names no setting is not touched.
    """
    assert text == with_flags(text) or "the setting " in text
