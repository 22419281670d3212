"""`batchpub template`: a workbook for staff whose id column cannot lose digits."""

from pathlib import Path

import click

from batchpub.errors import CannotWrite
from batchpub.sheet.template import write_template


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def template(file: Path) -> None:
    """Write a workbook for staff whose id column is text before anybody types."""
    if file.exists():
        raise click.UsageError(f"{file} is there already. Name a new file.")
    try:
        write_template(file)
    except OSError as error:
        raise CannotWrite(f"{file} cannot be written: {error.strerror}. Name another folder.") from error
    click.echo(f"{file} is ready. Hand it to whoever collects the course ids.")
