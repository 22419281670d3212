"""A final no begins with what to do, and ends with what Zoho said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchpub.sentences.refusals import REMEDIES, say_refused

COURSE, BATCH = False, True


@pytest.mark.parametrize(
    ("is_batch", "code", "message", "status", "told"),
    [
        (
            COURSE, "NO_MANDATORY_FILES_OR_LINK_FOUND_TO_PUBLISH", "No files.", 400,
            "The course is empty: add a file or a link to it in Zoho, then hand the list in again. "
            "Zoho's words: NO_MANDATORY_FILES_OR_LINK_FOUND_TO_PUBLISH: No files.",
        ),
        (COURSE, "404", "", 404, "Zoho knows no such course: look the id up in Zoho and correct it, then hand the list in again. Zoho's words: 404."),
        (BATCH, "x", "No.", 404, "Zoho knows no such batch of this course: look both ids up in Zoho and correct them, then hand the list in again. Zoho's words: x: No."),
        (COURSE, "7300", "Odd.", 400, "Zoho refuses it: look at the course in Zoho, then hand the list in again. Zoho's words: 7300: Odd."),
        (COURSE, "", "", 400, "Zoho refuses it: look at the course in Zoho, then hand the list in again."),
    ],
)  # fmt: skip
def test_what_to_do_comes_first(is_batch, code, message, status, told):
    """
    Staff read the first half and know; an administrator finds Zoho's words behind it.
    """
    assert told == say_refused(code=code, message=message, http_status=status, is_batch=is_batch)


@given(code=st.sampled_from([*REMEDIES, "other", ""]), message=st.text(max_size=60))
def test_no_flag_and_no_loss(code, message):
    """
    Whatever Zoho says stands in the sentence, and nothing of ours in it is a flag of the command line.
    """
    told = say_refused(code=code, message=message, http_status=400, is_batch=False)

    assert message.rstrip(".") in told
    assert "--" not in say_refused(code=code, message="", http_status=400, is_batch=False)
