"""What the hand-written pages quote of the program is what the program has: commands, flags, names, sentences."""

import ast
import re
import shlex
from dataclasses import fields
from pathlib import Path

import click
import pytest

import batchpub
from batchpub.cli.main import group
from batchpub.course import Outcome
from batchpub.errors import ExitCode
from batchpub.events import EVENTS
from batchpub.plan.vocabulary import LANGUAGES
from batchpub.record import RunRecord
from batchpub.report import FILE_NAMES
from batchpub.report.ci import OUTPUTS
from batchpub.report.table import COLUMNS
from batchpub.settings.fields import PREFIX, SECRETS, SETTINGS
from batchpub.template import workbook as template

ROOT = Path(__file__).parents[2]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")))
}
OPERATIONS = PAGES["docs/operations.md"]
CONTEXT = click.Context(group, info_name="batchpub")
COMMANDS = {name: group.get_command(CONTEXT, name) for name in group.list_commands(CONTEXT)}
COMMAND = re.compile(r"batchpub(?::[\d.]+)? ((?:" + "|".join(COMMANDS) + r")\b[^`#\n]*)")
FLAGS = {flag for command in COMMANDS.values() for option in command.params for flag in option.opts}
NAMES = {*SETTINGS, *Outcome, *(f"{PREFIX}{name.upper()}" for name in SETTINGS)}
FROM_FILE = {f"{PREFIX}{name.upper()}_FILE" for name in (*SECRETS, "state")}
OTHERS = {
    "next_move",
    "STATE_KEYS",
    "cannot_tell",
    "api_domain",
    "SSL_CERT_FILE",
}  # words of the program that are no setting
OF_OPENTELEMETRY = {
    "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_SERVICE_NAME",
}  # fmt: skip
OF_CI_SERVERS = {"CI_JOB_TIMEOUT", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "BATCHPUB_TERMINATION_LOG"}
OF_POSTGRESQL = {"full_page_writes", "max_connections", "synchronous_standby_names"}

OF_PYTHON = {
    *batchpub.__all__, *(f"run.{field.name}" for field in fields(RunRecord)), "run.to_frame()", "read_excel", "on_event",
    "course_id", "batch_id",
}  # fmt: skip

pages = pytest.mark.parametrize("page", PAGES)


def inline_code(page):
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", PAGES[page])


@pages
def test_commands_are_taken_by_the_program(page):
    """
    Every command line of batchpub on a page is one that the program takes, with each flag and each value.
    """
    for told in COMMAND.findall(PAGES[page].replace("\\\n", "")):
        name, *words = shlex.split(told)

        context = COMMANDS[name].make_context(name, words)

        assert name == context.info_name


@pages
def test_flags_events_and_settings_exist(page):
    """
    A flag, an event, a setting, a variable or an outcome that a page names is there under that name.
    """
    code = inline_code(page)
    begins = tuple({f"{event.partition('.')[0]}." for event in EVENTS})
    events = {one for one in code if one.startswith(begins) and one not in FILE_NAMES.values()} - OF_PYTHON
    events = {one for one in events if not one.endswith(".py")}
    names = {one for one in code if re.fullmatch(r"[A-Za-z]+(_[A-Za-z]+)+", one)}

    assert set() == {word for one in code for word in one.split() if word.startswith("--")} - FLAGS
    assert set() == events - EVENTS.keys()
    assert (
        set()
        == names
        - NAMES
        - FROM_FILE
        - OTHERS
        - OF_OPENTELEMETRY
        - OF_POSTGRESQL
        - OF_PYTHON
        - OF_CI_SERVERS
        - set(OUTPUTS)
        - {*COLUMNS}
    )


@pages
def test_exit_codes_exist(page):
    """
    Every exit code that a page names is one of the table.
    """
    told = re.findall(r"exit code( \d+|s(?:,? (?:and )?\d+)+)", PAGES[page], re.IGNORECASE)
    numbers = {int(number) for one in told for number in re.findall(r"\d+", one)}

    assert numbers <= set(ExitCode)


def test_quoted_sentences_are_the_programs():
    """
    What the page for operators has in quotation marks is in one sentence of the program, in that order.
    """
    quotes = re.findall(r'"([^"]+)"', OPERATIONS)
    sentences = list(sentences_of_the_program())

    assert len(quotes) > 20
    assert [] == [quote for quote in quotes if not any(is_in(quote, sentence) for sentence in sentences)]


def is_in(quote, sentence):
    """Say whether the pieces between the dots stand in a sentence one after the other."""
    place = 0
    for piece in filter(None, map(str.strip, quote.split("…"))):
        place = sentence.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    return True


def sentences_of_the_program():
    """Give every text in the program's source; what is only known later is a "\0" in it."""
    for path in (ROOT / "batchpub").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                yield "".join(str(one.value) if isinstance(one, ast.Constant) else "\0" for one in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_changelog_names_every_command():
    """
    Whoever reads what is in a version finds every command of it.
    """
    named = set(re.findall(r"`([a-z]+)`", PAGES["CHANGELOG.md"]))

    assert set(COMMANDS) <= named


def test_columns_of_a_hand_in_are_the_templates():
    """
    The page for whoever writes a list explains every column of the template, in its order.
    """
    _, _, *headings = re.findall(r"^   \| ([^|]+) \|", PAGES["docs/hand-in.md"], re.MULTILINE)

    assert [getattr(LANGUAGES["en"], role)[0] for role in template._WIDTHS] == headings
