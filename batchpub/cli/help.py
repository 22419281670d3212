"""What `--help` shows, and what a mistyped command or flag is answered with: flags in groups, examples, exit codes."""

import difflib

import click

from batchpub.errors import ExitCode
from batchpub.settings.fields import PREFIX, SECRETS, SETTINGS

GROUPS = {
    "Everyday": ("job", "state", "sheet", "column", "name", "notify", "online", "as_json", "yes", "quiet", "verbose"),
    "Guards": (
        "names", "strict", "expect", "max_rows", "max_failures", "max_calls", "max_duration", "max_lock", "verify",
        "again", "again_id", "confirm_id", "id_digits", "include_hidden", "keep_going",
    ),
    "Reports, log, notices": (
        "out", "report", "formats", "log_format", "log_file", "progress_every", "notify_format", "mail_from", "mail_to",
        "metrics_file",
    ),
    "Pace": (
        "portal", "rate", "burst", "period", "lock", "guard", "settle", "workers", "attempts", "course_time",
        "gentle_off",
    ),
    "Rehearsal": ("sandbox", "speed", "sandbox_faults"),
}  # fmt: skip
"""Flags by what they are for, as `publish --help` shows them; of those that are in none, a group of their own."""

EXAMPLES = {
    "check": ("batchpub check courses.xlsx", "batchpub check --online --json lists/"),
    "publish": (
        "batchpub publish courses.xlsx --sandbox        (rehearse; nothing leaves this machine)",
        "batchpub publish --job job.toml --max-duration 50m",
    ),
    "retry": ("batchpub retry reports/", "batchpub retry reports/results.xlsx --out reports-2"),
    "report": ("batchpub report", "batchpub report 20261127T190000Z-1a2b3c --report xlsx --out reports"),
    "runs": ("batchpub runs", "batchpub runs 20261127T190000Z-1a2b3c --json"),
    "doctor": ("batchpub doctor", "batchpub doctor --json --job job.toml"),
}
RUNS_ITSELF = ("check", "publish", "retry")
"""Commands whose exit codes are worth a table."""

MEANT = {
    "validate": "check",
    "verify": "check",
    "lint": "check",
    "dry-run": "check",
    "run": "publish",
    "start": "publish",
    "resume": "publish",
    "continue": "publish",
    "rerun": "retry",
    "list": "runs",
    "history": "runs",
    "status": "doctor",
    "diagnose": "doctor",
    "auth": "login",
}
"""What people of other programs type, and the command that does it here."""

INSTEAD = {
    "dry-run": "`batchpub check` shows what publish would do; --sandbox rehearses a whole run on this machine.",
    "check": "`batchpub check` shows what publish would do.",
    "force": "--again publishes an id again; --yes asks nothing.",
    "resume": "The same command again goes on where it stopped.",
}


class HelpfulCommand(click.Command):
    """A command whose help is in groups, and that says where a setting belongs which is no flag of it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; answer a flag that there is not with the one that was meant."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            hint = _say_instead(error.option_name.lstrip("-"), ctx.info_name or "")
            if hint:
                raise click.UsageError(f"No such option: {error.option_name}. {hint}", ctx) from error
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the flags in groups."""
        shown = [(parameter, record) for parameter in self.get_params(ctx) if (record := _describe(parameter, ctx))]
        grouped = {name for names in GROUPS.values() for name in names}
        others = [record for parameter, record in shown if parameter.name not in grouped]
        for title, names in GROUPS.items():
            by_name = {parameter.name: record for parameter, record in shown}
            if records := [by_name[name] for name in names if name in by_name]:
                with formatter.section(title):
                    formatter.write_dl(records)
        if others:
            with formatter.section("Others"):
                formatter.write_dl(others)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show two examples, and what the exit codes mean."""
        name = ctx.info_name or ""
        if name in EXAMPLES:
            with formatter.section("Examples"):
                for example in EXAMPLES[name]:
                    formatter.write_text(example)
        if name in RUNS_ITSELF:
            with formatter.section("Exit codes"):
                formatter.write_dl([(str(int(code)), code.meaning.replace("`", "")) for code in ExitCode])


def _describe(parameter: click.Parameter, ctx: click.Context) -> tuple[str, str] | None:
    """Give a flag's line, with the environment variable that does the same."""
    record = parameter.get_help_record(ctx)
    if record is None or parameter.name not in SETTINGS:
        return record
    return record[0], f"{record[1]} [{PREFIX}{parameter.name.upper()}]"


def _say_instead(flag: str, command: str) -> str:
    if flag in INSTEAD:
        return INSTEAD[flag]
    name = flag.replace("-", "_")
    variable = f"{PREFIX}{name.upper()}"
    if name in SECRETS:
        return f"A secret comes from the environment alone: {variable}, or {variable}_FILE with the path of a file."
    if name in SETTINGS:
        return f"{command} takes it from the environment ({variable}) or a job file ({name} = …)."
    return ""


def suggest_command(name: str, known: list[str]) -> str:
    """Give the command that was meant, "" where nobody can know."""
    if name in MEANT:
        return MEANT[name]
    alike = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return alike[0] if alike else ""
