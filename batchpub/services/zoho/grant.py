"""The first refresh token: a grant code, once, for a token that stays."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from batchpub.errors import AccessRefused, BatchpubError, ServiceUnreachable, StoppedEarly
from batchpub.masking import Mask
from batchpub.secret import Secret
from batchpub.services.zoho.access import HEADER_SAFE_TOKEN
from batchpub.services.zoho.accounts import ask_for_token, console_of, is_throttle
from batchpub.services.zoho.hosts import Endpoint, find_other_data_center

SCOPES = "ZOHOPEOPLE.training.CREATE,ZOHOPEOPLE.training.READ"
NEEDED = ("ZOHOPEOPLE.training.CREATE", "ZOHOPEOPLE.training.ALL")
READING = ("ZOHOPEOPLE.training.READ", "ZOHOPEOPLE.training.ALL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A refresh token, and a sentence where what it allows is not enough ("" where it is)."""

    refresh_token: Secret
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantCode:
    """A code and the client it was made for. `was_used`: it was exchanged before, on this machine."""

    client_id: str
    client_secret: Secret
    code: Secret
    was_used: bool


async def exchange_code(grant: GrantCode, endpoint: Endpoint) -> Granted:
    """Make one call, and no second: a code works once, so nothing may be repeated.

    Zoho calls used and expired codes alike, so that a used one is known by our own memory.

    Raises:
        AccessRefused: with a sentence of its own for each reason Zoho can have.
        ServiceUnreachable: no answer that makes sense.
        StoppedEarly: Zoho's limit of token calls.

    """
    form = {
        "grant_type": "authorization_code",
        "client_id": grant.client_id,
        "client_secret": grant.client_secret.get_secret_value(),
        "code": grant.code.get_secret_value(),
    }
    accounts_url = endpoint.accounts_url
    answer, reason = await ask_for_token(endpoint, form)
    token = answer.get("refresh_token")
    if isinstance(token, str) and HEADER_SAFE_TOKEN.fullmatch(token):
        elsewhere = find_other_data_center(answer.get("api_domain"), accounts_url)
        return Granted(refresh_token=Secret(token), remark=" ".join(filter(None, (elsewhere, _check_scope(answer)))))
    raise _explain(answer, reason, accounts_url=accounts_url, was_used=grant.was_used, secrets=form.values())


def _check_scope(answer: Mapping[str, Any]) -> str:
    given = answer.get("scope")
    scopes = given.replace(",", " ").split() if isinstance(given, str) else []
    if scopes and not set(scopes) & set(NEEDED):
        return f"It may not publish: its scope is {' '.join(scopes)[:200]}. Make a grant code with the scope {SCOPES}."
    if scopes and not set(scopes) & set(READING):
        return f"It may not read courses, so lost answers cannot be settled. The whole scope is {SCOPES}."
    return ""


def _explain(
    answer: Mapping[str, Any], reason: str, *, accounts_url: str, was_used: bool, secrets: Iterable[str]
) -> BatchpubError:
    """Give the error whose sentence says what is wrong and where to get it right."""
    console, error = console_of(accounts_url), answer.get("error")
    new = f"Make a new one at {console} (Self Client, Generate Code, scope {SCOPES}) and use it at once."
    if "access_token" in answer:
        return AccessRefused(
            f"Zoho gave no refresh token: this is no code of a Self Client, or not its first one. {new}"
        )
    match error:
        case "invalid_client":
            return AccessRefused(
                f"This data centre ({accounts_url}) does not know the client id. Copy it from {console}. If your Zoho "
                "address ends in .eu, .in, .com.au and so on, your account is in another data centre: name it with "
                "the setting data_center."
            )
        case "invalid_client_secret":
            return AccessRefused(
                f"The client secret does not belong to the client id. Copy both from one Self Client at {console}."
            )
        case "invalid_code" | "invalid_grant" if was_used:
            return AccessRefused(
                f"The grant code has been used already: each works once, and it gave its refresh token then. {new}"
            )
        case "invalid_code" | "invalid_grant":
            return AccessRefused(
                "The grant code has expired: it lives for the 3 to 10 minutes chosen when it was made. (Zoho says the same "
                f"of one that was used on another machine, copied in part, or made in another data centre.) {new}"
            )
    if is_throttle(answer, reason):
        return StoppedEarly("Zoho allows ten access tokens in ten minutes. Wait that long, then use a new grant code.")
    cause = Mask(secrets)(f"{reason}, {error}" if isinstance(error, str) else reason)
    return ServiceUnreachable(
        f"No refresh token from {accounts_url} ({cause[:200]}). Look at the network and HTTPS_PROXY, then run it again with "
        "a new grant code."
    )
