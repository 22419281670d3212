"""Prints what CHANGELOG.md says of a release: `python .ci/release_notes.py v0.1.0`.

Ends with 1 where the tag is not the program's version, or the changelog has no date for it: no release is made then.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)


def find_notes(tag: str, changelog: str, program: str) -> str:
    """Give the notes of a tag's release. Raises ValueError where there is none to make."""
    found = VERSION.search(program)
    version = found[1] if found else ""
    if tag != f"v{version}":
        raise ValueError(f"The tag is {tag}, and batchpub/__init__.py says {version}.")
    heading = re.compile(rf"^## {re.escape(version)} - (\S+)\n+(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    section = heading.search(changelog)
    if section is None or re.fullmatch(r"\d{4}-\d{2}-\d{2}", section[1]) is None:
        raise ValueError(f'CHANGELOG.md has no section "## {version} - YYYY-MM-DD".')
    return section[2].strip() + "\n"


if __name__ == "__main__":
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in ("CHANGELOG.md", "batchpub/__init__.py")]
    try:
        sys.stdout.write(find_notes(sys.argv[1], *texts))
    except ValueError as error:
        sys.exit(str(error))
