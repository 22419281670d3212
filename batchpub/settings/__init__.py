"""Settings: flags over environment over job file over defaults, under one name everywhere."""

from batchpub.settings.fields import (
    CREDENTIALS,
    FROM_FILES,
    PATHS,
    PREFIX,
    SCALED,
    SECRETS,
    SETTINGS,
    Settings,
    is_url,
    show_default,
)
from batchpub.settings.load import load_settings

__all__ = [
    "CREDENTIALS",
    "FROM_FILES",
    "PATHS",
    "PREFIX",
    "SCALED",
    "SECRETS",
    "SETTINGS",
    "Settings",
    "is_url",
    "load_settings",
    "show_default",
]
