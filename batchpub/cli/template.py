"""`batchpub template`: a workbook for staff whose id column cannot lose digits."""

from pathlib import Path

import click

from batchpub.cli.options import settle_settings
from batchpub.errors import CannotWrite
from batchpub.paths import is_there
from batchpub.template import write_template


def template(file: Path, id_digits: str | None, language: str) -> None:
    """Write a workbook for staff whose id column is text before anybody types."""
    settings = settle_settings({"id_digits": id_digits}, None)
    if file.suffix.lower() != ".xlsx":
        raise click.UsageError(f"{file} is no name for an Excel workbook. End it in .xlsx.")
    if is_there(file, lambda why: CannotWrite(f"{file} cannot be written: {why} Name another folder.")):
        raise click.UsageError(f"{file} is there already. Name a new file.")
    try:
        write_template(file, id_digits=settings.id_digits, language=language)
    except OSError as error:
        raise CannotWrite(f"{file} cannot be written: {error.strerror}. Name another folder.") from error
    click.echo(f"{file} is ready. Hand it to whoever collects the course ids.")
