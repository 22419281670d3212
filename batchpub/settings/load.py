"""One set of settings from all of its sources."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from batchpub.errors import SettingsWrong
from batchpub.settings.checks import check_answers, check_credentials, check_notices, check_together
from batchpub.settings.fields import FROM_FILES, SETTINGS, Settings
from batchpub.settings.jobfile import read_job_file
from batchpub.settings.sources import SourcedValue, read_environment, read_flags, show_value


def load_settings(
    *,
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    job_file: Path | None,
    needs_credentials: bool = True,
) -> Settings:
    """Merge flags, environment and job file, in this order of weight.

    A flag that is None and an environment variable that is empty count as not given. Without `needs_credentials` it
    does not matter which of them are set, or how many kinds.

    Raises:
        SettingsWrong: with one sentence that names the setting, where it was set, what is wrong and what is right.

    """
    given = read_job_file(job_file) | dict(read_environment(environ)) | dict(read_flags(flags))
    settings = Settings(**{name: _read(name, given[name]) for name in SETTINGS if name in given})
    if needs_credentials:
        check_credentials(settings, given)
    check_together(settings, given)
    check_notices(settings, given)
    check_answers(settings, given)
    return settings


def _read(name: str, one: SourcedValue) -> Any:
    """Read a raw value; the error's cause would show the value, which may be a secret."""
    try:
        return SETTINGS[name].reader.read(one.value)
    except (ValueError, OverflowError, RecursionError):
        shown = "" if name in FROM_FILES else f" {show_value(one.value)}"
        raise SettingsWrong(f"{one.where}:{shown} cannot be used. It must be {SETTINGS[name].reader.right}.") from None
