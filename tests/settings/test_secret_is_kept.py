"""A secret stays in its process."""

import copy
import pickle

import pytest

from batchpub.secret import Secret
from batchpub.services.zoho.access import AccessToken

CANARY = "canary-7f3a"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_pickle_holds_a_secret(protocol):
    """
    Neither a secret nor what holds one is pickled, as schedulers do with arguments; the sentence says what to do instead.
    """
    for held in (Secret(CANARY), AccessToken(token=Secret(CANARY)), [Secret(CANARY)]):
        with pytest.raises(TypeError, match="account_from_environment"):
            pickle.dumps(held, protocol)


def test_a_copy_is_the_same_secret():
    """
    What holds a secret may be copied.
    """
    token = AccessToken(token=Secret(CANARY))

    assert token == copy.deepcopy(token)
    assert CANARY not in f"{token}{token!r}"
