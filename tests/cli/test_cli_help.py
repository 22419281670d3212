"""Help that can be found by whoever types what other programs call it."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from batchpub.cli.help import EXAMPLES, GROUPS, INSTEAD, MEANT
from batchpub.cli.main import COMMANDS, group
from batchpub.errors import ExitCode
from batchpub.settings.fields import PREFIX, SECRETS, SETTINGS


def run(*arguments):
    return CliRunner().invoke(group, arguments)


@pytest.mark.parametrize("name", ["check", "publish", "retry"])
def test_every_flag_is_in_one_group_with_its_variable(name):
    """
    Each flag of the great commands is found under what it is for, with the environment variable that does the same.
    """
    command = group.get_command(None, name)
    grouped = [flag for flags in GROUPS.values() for flag in flags]
    flags = [option.name for option in command.params if option.opts[0].startswith("-")]

    told = " ".join(run(name, "--help").output.split())

    assert set(flags) <= set(grouped)
    assert len(grouped) == len(set(grouped))
    assert [] == [flag for flag in flags if flag in SETTINGS and f"[{PREFIX}{flag.upper()}]" not in told]
    assert [] == [code for code in ExitCode if str(int(code)) not in told]


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_examples_are_commands_that_can_be_read(name):
    """
    An example's flags are flags of its command.
    """
    known = {opt for option in group.get_command(None, name).params for opt in option.opts}

    for example in EXAMPLES[name]:
        words = example.split("  ")[0].split()
        assert ["batchpub", name] == words[:2]
        assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize(("typed", "meant"), [*MEANT.items(), ("pubish", "publish"), ("docter", "doctor")])
def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(typed, meant):
    """
    Nobody has to read a list to find the word.
    """
    done = run(typed)

    assert (2, True) == (done.exit_code, f"Did you mean {meant}?" in done.output)
    assert meant in COMMANDS


@pytest.mark.parametrize(
    ("flag", "words"), [*((flag, told) for flag, told in INSTEAD.items()), ("data-center", "BATCHPUB_DATA_CENTER")]
)
def test_a_flag_that_there_is_not_is_answered_with_what_does_it(flag, words):
    """
    --dry-run is check; a setting without a flag is one of the environment or a job file.
    """
    done = run("publish", f"--{flag}", "a.xlsx")

    assert (2, True) == (done.exit_code, words in done.output)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_as_a_flag_is_answered_with_where_it_may_stand(secret):
    """
    Neither a flag nor a job file may hold one: only the environment, or a file that it names.
    """
    name = f"BATCHPUB_{secret.upper()}"

    told = " ".join(run("publish", f"--{secret.replace('_', '-')}", "x", "a.xlsx").output.split())

    assert f"from the environment alone: {name}, or {name}_FILE" in told
    assert "job file (" not in told


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands(shell):
    """
    `_BATCHPUB_COMPLETE=bash_source batchpub` gives the script that the shell reads.
    """
    environ = {**os.environ, "_BATCHPUB_COMPLETE": f"{shell}_source"}
    code = "import sys; sys.argv = ['batchpub']; from batchpub.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=60, check=False
    )

    assert "_BATCHPUB_COMPLETE" in done.stdout or "bash" in done.stderr


def test_version_has_a_short_flag():
    """
    -V is what people try first.
    """
    assert run("-V").output == run("--version").output
