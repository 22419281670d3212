"""`batchpub login`: a grant code in, a refresh token out, once."""

import asyncio
import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import click

from batchpub.cli.options import settle_settings
from batchpub.cli.pipeline import has_person
from batchpub.cli.wiring import files_of
from batchpub.errors import BatchpubError, CannotWrite, SettingsWrong
from batchpub.secret import Secret
from batchpub.services.zoho.accounts import console_of
from batchpub.services.zoho.grant import SCOPES, GrantCode, Granted, exchange_code
from batchpub.services.zoho.hosts import Endpoint
from batchpub.settings.fields import Settings

REMEMBERED = 50
USED_CODES = "login.used"
"""The file of fingerprints of used codes, beside the state: Zoho does not tell a used code from an expired one."""
ASKED = {"client_id": "Client ID", "client_secret": "Client Secret", "grant_code": "Grant code"}


def login(*, out: Path | None, **flags: Any) -> None:
    """Turn a grant code into the refresh token that pipelines use."""
    settings = settle_settings(flags, None, needs_credentials=False)
    endpoint = settings.endpoint()
    accounts_url = endpoint.accounts_url
    if out is None and not sys.stdout.isatty():
        raise click.UsageError("Stdout is no terminal, and the token would stay in a log. Name a file with --out.")
    _introduce(settings, accounts_url)
    given = {name: _ask(settings, name) for name in ASKED}
    file = _open_private(out) if out is not None else None  # before the code is used up
    try:
        granted = asyncio.run(_exchange(settings, endpoint, given))
    except BatchpubError:
        if out is not None and file is not None:
            os.close(file)
            out.unlink()
        raise
    if file is not None:
        with os.fdopen(file, "w", encoding="ascii") as stream:
            stream.write(granted.refresh_token.get_secret_value())  # no line end: it would become part of a secret
    _show(granted, out, accounts_url)


def _introduce(settings: Settings, accounts_url: str) -> None:
    if all(getattr(settings, name) for name in ASKED):
        return
    click.echo(f"At {console_of(accounts_url)}: Self Client, Generate Code, scope {SCOPES}.", err=True)


def _ask(settings: Settings, name: str) -> Secret:
    held: Secret | None = getattr(settings, name)
    if held is not None:
        return held
    if not has_person(sys.stdin):
        variable = f"BATCHPUB_{name.upper()}"
        raise SettingsWrong(f"Nobody is here to be asked for the {ASKED[name]}. Set {variable} or {variable}_FILE.")
    answer = click.prompt(ASKED[name], hide_input=name != "client_id", err=True).strip()
    if not (answer.isascii() and answer.isprintable()):
        raise SettingsWrong(f"The {ASKED[name]} holds a character that no credential has. Copy it again.")
    return Secret(answer)


async def _exchange(settings: Settings, endpoint: Endpoint, given: dict[str, Secret]) -> Granted:
    mark = hashlib.sha256(given["grant_code"].get_secret_value().encode()).hexdigest()
    memory = files_of(settings).parent / USED_CODES
    used: list[str] = []
    with suppress(OSError):  # as below
        used = memory.read_text().split()
    grant = GrantCode(
        client_id=given["client_id"].get_secret_value(),
        client_secret=given["client_secret"],
        code=given["grant_code"],
        was_used=mark in used,
    )
    granted = await exchange_code(grant, endpoint)
    with suppress(OSError):  # it only makes a later sentence better
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text("\n".join([*used, mark][-REMEMBERED:]) + "\n")
    return granted


def _open_private(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.UsageError(f"{path} is there already. Name a new file.") from None
    except OSError as error:
        _cannot_write(path, error)


def _cannot_write(path: Path, error: OSError) -> NoReturn:
    raise CannotWrite(f"{path} cannot be written: {error.strerror}. Name another file with --out.") from error


def _show(granted: Granted, out: Path | None, accounts_url: str) -> None:
    if out is None:
        click.echo(f"\nThe refresh token, shown this once:\n\n    {granted.refresh_token.get_secret_value()}\n")
    else:
        click.echo(f"The refresh token is in {out}, which only you can read.")
    given = f" < {out}" if out is not None else "   (it asks for the value)"
    file = str(out) if out is not None else "FILE"
    click.echo(
        "Store it as the secret BATCHPUB_REFRESH_TOKEN, beside BATCHPUB_CLIENT_ID and\nBATCHPUB_CLIENT_SECRET:\n"
        f"  GitHub      gh secret set BATCHPUB_REFRESH_TOKEN{given}\n"
        "  GitLab      Settings > CI/CD > Variables: masked, hidden and protected\n"
        f"  Kubernetes  kubectl create secret generic batchpub-refresh-token \\\n"
        f"                --from-file=BATCHPUB_REFRESH_TOKEN={file}\n"
        f"It does not end by itself, and whoever has it can publish. Revoke it at\n{console_of(accounts_url)}."
    )
    if granted.remark:
        click.echo(f"Warning: {granted.remark}", err=True)
