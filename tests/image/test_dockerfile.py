"""The Dockerfile by the rules of hadolint, which knows what is wrong in Dockerfiles."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")


@pytest.mark.skipif(HADOLINT is None, reason="there is no hadolint for this platform")
def test_hadolint_finds_nothing():
    """
    No rule is broken, and none is switched off.
    """
    done = subprocess.run([HADOLINT, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False)

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
    assert "hadolint ignore" not in (ROOT / "Dockerfile").read_text(encoding="utf-8")
