"""Writes docs/reference/ from the program itself: `python -m tests.docs.write_reference`, from the top folder.

`test_docs_reference.py` fails while a page and the program differ.
"""

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import click

from batchpub.cli.main import group
from batchpub.course import Outcome
from batchpub.errors import PRECEDENCE, WORTH_A_RETRY, ExitCode
from batchpub.log import FIELDS, MESSAGES
from batchpub.report.table import COLUMNS
from batchpub.report.totals import advice
from batchpub.settings import FROM_FILES, PREFIX, SECRETS, Settings, show_default

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
COMMAND = "python -m tests.docs.write_reference"
WIDTH = 100

SETTINGS = """\
# Settings

A flag weighs more than the environment, the environment more than `--job FILE.toml`, the job file more than the default. A
name is the same everywhere: `max_rows` in a job file is `BATCHPUB_MAX_ROWS` in the environment and, where
[the command has it](commands.md), `--max-rows`. In a job file numbers are bare, texts are in quotes and lists in brackets;
in the environment lists are separated by commas. A name that does not exist is refused, and so is a variable that is almost
a setting.

{table}

## Secrets

They come from the environment only: in a flag or a job file they are refused. Each may instead be a file: `BATCHPUB_COOKIE_FILE`
is the path of one that holds the cookie. More than one kind of credential at once is refused.

{secrets}

A state URL with a password in it is a secret too: set `BATCHPUB_STATE` or `BATCHPUB_STATE_FILE`.
"""

EXIT_CODES = """\
# Exit codes

Frozen: a number never changes its meaning. A code that is not in this table means failure.

{table}

If several apply, the first of these is the one: {order}.

Worth an automatic retry: {retry}; and 143 where an orchestrator takes machines away. Every other failure needs a person, or
would end the same way again.
"""

REPORTS = """\
# Outcomes and report columns

## Outcomes

Every row of every sheet gets exactly one, however the run ended.

{outcomes}

## Columns of results.csv and results.xlsx

First the person's own columns in their order, unchanged but that a formula is neutralised; then these. Both files are valid
input for `batchpub retry`.

{columns}

`run_results.json` has the same and every call and lock besides; `batchpub/report/run_results.schema.json` is its schema.
"""

EVENTS = """\
# Log events

The log goes to stderr, one JSON object a line off a terminal. Names follow the Elastic Common Schema (ECS):

{names}

Every line has `@timestamp`, `log.level`, `message`, `event.action`, `service.name`, `service.version` and `process.pid`; what
became of a course has `event.outcome` as well: `success`, `failure` or `unknown`.

{table}
"""

COMMANDS = """\
# Commands

What `--help` says. Exit codes are [a page of their own](exit-codes.md), and so are [settings](settings.md).

{commands}
"""


def make_pages() -> dict[str, str]:
    """Give every page by its file name, as the program of this moment makes it."""
    pages = {
        "settings.md": SETTINGS.format(table=_settings(), secrets=_secrets()),
        "exit-codes.md": EXIT_CODES.format(
            table=_table(
                ("code", "meaning", "what to do"), ((str(int(one)), one.meaning, one.remedy) for one in ExitCode)
            ),
            order=_list(PRECEDENCE),
            retry=_list(WORTH_A_RETRY),
        ),
        "reports.md": REPORTS.format(
            outcomes=_table(
                ("outcome", "meaning", "what to do"), ((f"`{one}`", one.meaning, advice(one)) for one in Outcome)
            ),
            columns=_table(("column", "holds"), ((f"`{name}`", told) for name, told in COLUMNS.items())),
        ),
        "log-events.md": EVENTS.format(
            names=_table(("field", "in the log"), ((f"`{name}`", f"`{told}`") for name, told in FIELDS.items())),
            table=_events(),
        ),
        "commands.md": COMMANDS.format(commands=_commands()),
    }
    return {
        name: f"<!-- Written by `{COMMAND}`: change the program, then run that. -->\n\n{text}"
        for name, text in pages.items()
    }


def find_events() -> dict[str, list[str]]:
    """Give every event that the program logs, with the fields that are passed to it by name.

    An event named at run time, f"course.{outcome}", is given as the pattern "course.*".
    """
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "batchpub").rglob("*.py")):
        for name, fields in _logged(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(name, set()).update(fields)
    return {name: sorted(fields) for name, fields in sorted(found.items())}


def _logged(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    for call in ast.walk(tree):
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log")) | ast.Name(id="say"), args=[name, *_]):
                yield _pattern(name), [keyword.arg for keyword in call.keywords if keyword.arg is not None]


def _pattern(name: ast.expr) -> str:
    match name:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts)
        case _:
            return ast.unparse(name)


def _events() -> str:
    seen = find_events()
    rows = []
    for event, message in MESSAGES.items():
        fields = {field for pattern, named in seen.items() if fnmatchcase(event, pattern) for field in named}
        rows.append((f"`{event}`", message, ", ".join(f"`{field}`" for field in sorted(fields))))
    return _table(("event", "message", "fields"), rows)


def _settings() -> str:
    public = ((name, field) for name, field in Settings.model_fields.items() if name not in SECRETS)
    return _table(
        ("name", "environment", "default", "meaning", "a right value"),
        (
            (f"`{name}`", f"`{PREFIX}{name.upper()}`", _default(name), field.title or "", field.description or "")
            for name, field in public
        ),
    )


def _default(name: str) -> str:
    shown = show_default(name)
    if Settings.model_fields[name].annotation is bool:
        shown = "false"
    return f"`{shown}`" if shown else ""


def _secrets() -> str:
    return _table(
        ("environment", "or", "meaning"),
        (
            (
                f"`{PREFIX}{name.upper()}`",
                f"`{PREFIX}{name.upper()}_FILE`",
                Settings.model_fields[name].title or "",
            )
            for name in FROM_FILES
            if name in SECRETS
        ),
    )


def _commands() -> str:
    context = click.Context(group, info_name="batchpub")
    names = group.list_commands(context)
    return "\n\n".join(f"## {name}\n\n```\n{_help(name, context)}\n```" for name in names)


def _help(name: str, parent: click.Context) -> str:
    command = group.get_command(parent, name)
    assert command is not None
    context = click.Context(command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH)
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def _list(codes: tuple[ExitCode, ...]) -> str:
    return ", ".join(str(int(code)) for code in codes)


def _table(headings, rows) -> str:
    lines = (headings, ("---",) * len(headings), *rows)
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for page, text in make_pages().items():
        (FOLDER / page).write_text(text, encoding="utf-8")
        print(FOLDER / page)
