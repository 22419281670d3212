"""Whether a person sits at a stream: who would see a bar, and could answer a question."""

import os
from collections.abc import Mapping
from typing import TextIO

from batchpub.cli.pipeline import SERVERS

NO = ("", "0", "false", "no")


def is_pipeline(environ: Mapping[str, str]) -> bool:
    """Tell whether a CI server started us: `CI`, which nearly all of them set, or one of those that are known by name."""
    return environ.get("CI", "").strip().casefold() not in NO or any(environ.get(sign) for sign in SERVERS)


def has_person(stream: TextIO, environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a person sits at a stream. A CI server may give a terminal, too, at which nobody sits."""
    return stream.isatty() and not is_pipeline(environ)
