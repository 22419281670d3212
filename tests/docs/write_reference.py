"""Writes docs/reference/ from the program itself: `python -m tests.docs.write_reference`, from the top folder.

`test_docs_reference.py` fails while a page and the program differ.
"""

import sys
from pathlib import Path

import click

from batchpub.cli.main import group
from batchpub.course import Outcome
from batchpub.errors import PRECEDENCE, WORTH_A_RETRY, ExitCode
from batchpub.events import BOUND, EVENTS, FIELDS, FIXED, PIPELINE
from batchpub.plan.vocabulary import LANGUAGES, PLAIN_ID_HEADINGS, SURE
from batchpub.report.table import COLUMNS
from batchpub.report.totals import advice
from batchpub.services.zoho.meanings import MEANINGS, WORDS, Match
from batchpub.settings.fields import FROM_FILES, PREFIX, SECRETS, SETTINGS, show_default

sys.path.insert(0, str(Path(__file__).parent))
from job_schema import make_schema

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
COMMAND = "python -m tests.docs.write_reference"
WIDTH = 100

WORDS_PAGE = """\
# Headings and words

How a list may be headed, and how it may say yes and no, in {count} languages. Case, spaces, `_`, `-`, `.`, `*`, `:` and a remark
in brackets at the end do not matter: `COURSE_ID`, `Course.ID` and `Course ID* (18 digits)` are the same heading.

## The ids

**{sure}** are the ids whatever else the sheet holds. {possible}, and the headings of the other languages below, are taken where no
other column holds ids, and a note says so; where several columns hold ids, they are named, and `--column HEADING` says which.

{ids}

## The other columns

{columns}

## Yes and no

{answers}

A cell that says neither is refused, never guessed. Blank is no for Notify, and yes for Publish.
"""

SETTINGS_PAGE = """\
# Settings

A flag weighs more than the environment, the environment more than `--job FILE.toml`, the job file more than the default. A
name is the same everywhere: `max_rows` in a job file is `BATCHPUB_MAX_ROWS` in the environment and, where
[the command has it](commands.md), `--max-rows`. In a job file numbers are bare, texts are in quotes and lists in brackets;
in the environment lists are separated by commas. A name that does not exist is refused, and so is a variable that is almost
a setting.

Without `--job` the file `batchpub.toml` is read where the folder has one. A path in a job file counts from the folder it lies in.
An editor that knows JSON Schema shows what each key means when the file begins with
`#:schema` and the path or address of [job.schema.json](job.schema.json).

{table}

## Codes of Zoho that the program does not know

A new code gets its meaning in the job file, below everything that stands outside tables:

```toml
[answers]
COURSE_IN_USE = "refused"   # Zoho's final no for this course
7300 = "throttled"          # a lock: everybody waits
```

The words are {words}. `already_published` has the course read, and only that makes it so; `expired` renews the token;
`denied` ends the run with 77; `unclear` has the course read before it is sent again. No word makes a success of an answer, a
code that has a meaning keeps it, and unless the answer is a 4xx the course counts as perhaps published: the next call for it
comes after reading it, never blindly with mails on.

## Network

`HTTPS_PROXY` and `NO_PROXY` are honoured, and so is `SSL_CERT_FILE`, the file of a certificate authority of your own.
Certificates are always verified: there is no setting against it. `~/.netrc` is not read.

## Secrets

They come from the environment only: in a flag or a job file they are refused. Each may instead be a file: `BATCHPUB_COOKIE_FILE`
is the path of one that holds the cookie. More than one kind of credential at once is refused.

A job uses a self client. A cookie is for a try by hand: it ends with its session, and for publishing Zoho may want to see the
session's CSRF token again, which is sent where the cookie has a `CSRF_TOKEN`. A job file has no say in where secrets go: a host
that is not Zoho's is taken from the environment or a flag only.

{secrets}

A state URL with a password in it ([a PostgreSQL](../postgresql.md)) is a secret too: set `BATCHPUB_STATE` or
`BATCHPUB_STATE_FILE`.
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

LOG_EVENTS = """\
# Log events

The log goes to stderr, one JSON object a line off a terminal, and with `--log-file` to a file as well. On a terminal the bar
and the summary stand for most of it: only warnings that are not about one row are shown there, with `--verbose` the other
events too. Names follow the Elastic Common Schema (ECS) where it has
one.

## Fields of every line

{fixed}

On GitHub Actions, GitLab CI, Jenkins and Azure Pipelines every line also says which of their runs it belongs to:

{pipeline}

## Events

Filter by `event.action`. The fields in the last column are explained below.

{events}

Inside a run every line also has {bound_run}, and every line about one course {bound_course}.

## Fields of events

{fields}
"""

PLACES = {Match.CODE: "a whole code", Match.IN_CODE: "a part of a code", Match.IN_MESSAGE: "a message"}

ANSWERS = """\
# What Zoho's codes and phrases mean

What `batchpub/services/zoho/meanings.py` holds. Standing: D is on a public page of Zoho's documentation, S was seen in public code or
posts, I is inferred. None of it was seen by this program on a real account: [assumptions](../assumptions.md).

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
        "words.md": _words(),
        "settings.md": SETTINGS_PAGE.format(
            table=_settings(), secrets=_secrets(), words=", ".join(f"`{word}`" for word in WORDS)
        ),
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
        "log-events.md": LOG_EVENTS.format(
            fixed=_table(("field", "type", "meaning"), ((f"`{f.name}`", f.kind, f.meaning) for f in FIXED)),
            pipeline=_table(("field", "type", "meaning"), ((f"`{f.name}`", f.kind, f.meaning) for f in PIPELINE)),
            events=_events(),
            bound_run=_name_fields(BOUND[:1]),
            bound_course=_name_fields(BOUND[1:]),
            fields=_table(
                ("field", "type", "meaning"),
                ((f"`{f.name}`", f.kind, f.meaning) for f in sorted(FIELDS.values(), key=lambda field: field.name)),
            ),
        ),
        "answers.md": ANSWERS.format(
            table=_table(
                ("is looked for", "in", "taken as", "standing", "note"),
                ((f"`{one.text}`", PLACES[one.match], one.sign.value, one.standing, one.note) for one in MEANINGS),
            )
        ),
        "commands.md": COMMANDS.format(commands=_commands()),
    }
    written = {
        name: f"<!-- Written by `{COMMAND}`: change the program, then run that. -->\n\n{text}"
        for name, text in pages.items()
    }
    return {**written, "job.schema.json": make_schema()}


def _words() -> str:
    def show(words):
        return ", ".join(words)

    languages = LANGUAGES.values()
    return WORDS_PAGE.format(
        count=len(LANGUAGES),
        sure=show(word for code in SURE for word in LANGUAGES[code].course_id),
        possible=show(PLAIN_ID_HEADINGS),
        ids=_table(
            ("language", "course", "batch"),
            ((language.name, show(language.course_id), show(language.batch_id)) for language in languages),
        ),
        columns=_table(
            ("language", "name", "mails learners", "keeps back", "confirms an id"),
            (
                (
                    language.name,
                    show(language.course_name),
                    show(language.notify),
                    show(language.publish),
                    show(language.confirmed),
                )
                for language in languages
            ),
        ),
        answers=_table(
            ("language", "yes", "no"),
            ((language.name, show(language.yes), show(language.no)) for language in languages),
        ),
    )


def _events() -> str:
    return _table(
        ("event", "level", "message", "fields"),
        (
            (f"`{name}`", " or ".join(event.levels), event.message, _name_fields(event.fields))
            for name, event in EVENTS.items()
        ),
    )


def _name_fields(keywords: tuple[str, ...]) -> str:
    return ", ".join(f"`{FIELDS[keyword].name}`" for keyword in keywords)


def _settings() -> str:
    public = ((name, field) for name, field in SETTINGS.items() if name not in SECRETS)
    return _table(
        ("name", "environment", "default", "meaning", "a right value"),
        (
            (f"`{name}`", f"`{PREFIX}{name.upper()}`", _default(name), field.title, field.reader.right)
            for name, field in public
        ),
    )


def _default(name: str) -> str:
    shown = show_default(name)
    if SETTINGS[name].default is False:
        shown = "false"
    return f"`{shown}`" if shown else ""


def _secrets() -> str:
    return _table(
        ("environment", "or", "meaning"),
        (
            (
                f"`{PREFIX}{name.upper()}`",
                f"`{PREFIX}{name.upper()}_FILE`",
                SETTINGS[name].title,
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
