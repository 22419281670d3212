"""The laws of the table of events: the program says what the table declares, and nothing else."""

import ast
import json
from pathlib import Path

import batchpub
from batchpub.course import Outcome
from batchpub.events import BOUND, EVENTS, FIELDS, FIXED

PACKAGE = Path(batchpub.__file__).parent
EXAMPLE = Path(__file__).parents[2] / "jobs" / "example" / "courses.xlsx"
LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error", "exception": "error"}
KINDS = {
    "text": str,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "list": list,
    "time": str,
}


def find_calls():
    """Give every `log.level("event", field=…)` and `events.level(…)` of the program: (place, level, event's name, fields)."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args and _is_log(node.func):
                levels = [LEVELS[node.func.attr]] if getattr(node.func, "attr", "end") != "end" else []
                place = f"{path.relative_to(PACKAGE)}:{node.lineno}"
                yield place, levels, node.args[0], [keyword.arg for keyword in node.keywords]


def _is_log(function):
    match function:
        case ast.Attribute(value=ast.Name(id="log" | "events"), attr=level):
            return level in LEVELS
        case ast.Attribute(value=ast.Attribute(attr="events" | "_events"), attr=level):
            return level in (*LEVELS, "end")
        case ast.Attribute(value=ast.Call(func=ast.Attribute(attr="get_logger")), attr=level):
            return level in LEVELS
        case ast.Name(id="say"):  # a level chosen beforehand: `say = log.info if … else log.warning`
            return True
    return False


def name_events(argument):
    """Give the names that a call may log: a text is one, and f"course.{outcome}" one for each outcome."""
    match argument:
        case ast.Constant(value=name):
            return {name}
        case ast.JoinedStr(values=[ast.Constant(value=begin), *_]):
            return {f"{begin}{outcome}" for outcome in Outcome} & EVENTS.keys()
    return set()


def test_every_call_logs_what_the_table_declares():
    """
    Each call of the log names events of the table, at one of their levels, with fields of theirs.
    """
    strange = []

    for place, levels, argument, fields in find_calls():
        names = name_events(argument)
        declared = [EVENTS[name] for name in names if name in EVENTS]
        if not names or len(declared) < len(names) or None in fields:
            strange.append((place, "is not in batchpub/events.py, or its fields cannot be read"))
        strange += [(place, level) for event in declared for level in levels if level not in event.levels]
        strange += [(place, field) for event in declared for field in fields if field not in event.fields]

    assert [] == strange


def test_every_event_and_field_of_the_table_is_logged():
    """
    The table has no event, and no event a field, that no call logs any more; every field is explained.
    """
    logged = {}
    for _, _, argument, fields in find_calls():
        for name in name_events(argument):
            logged.setdefault(name, set()).update(fields)

    used = {*BOUND, "exception", *(field for event in EVENTS.values() for field in event.fields)}
    assert {name: set(event.fields) for name, event in EVENTS.items()} == logged
    assert set(FIELDS) == used
    assert {field.kind for field in (*FIELDS.values(), *FIXED)} == set(KINDS)


def test_table_is_in_order_and_its_names_are_its_own():
    """
    Events are in alphabetical order, no field's name in JSON is used twice, and every sentence ends.
    """
    names = [field.name for field in (*FIXED, *FIELDS.values())]

    assert sorted(EVENTS) == list(EVENTS)
    assert len(set(names)) == len(names)
    assert [] == [name for name, event in EVENTS.items() if not event.message.endswith(".")]


def check_lines(lines):
    """Say what in lines of the JSON log the table does not declare."""
    for line in map(json.loads, lines):
        name = line["event.action"]
        event = EVENTS.get(name)
        if event is None:
            yield name, "is no event of the table"
            continue
        fields = {field.name: field for field in (*FIXED, *(FIELDS[keyword] for keyword in (*BOUND, *event.fields)))}
        yield from ((name, key) for key in line if key not in fields)
        yield from (
            (name, key, value)
            for key, value in line.items()
            if key in fields and value is not None and not isinstance(value, KINDS[fields[key].kind])
        )
        if not line["message"] or line["log.level"] not in event.levels:
            yield name, line["log.level"], line["message"]


def test_a_real_run_says_only_what_the_table_declares(fork_server, tmp_path):
    """
    Every line of the example's run, which meets a lock, is an event of the table with fields of their type.
    """
    rehearse = ("publish", EXAMPLE, "--sandbox", "--speed", "100", "--report", "csv", "--progress-every", "0.1")

    done = fork_server.call(*rehearse, cwd=tmp_path)

    lines = done.stderr.splitlines()
    assert [] == list(check_lines(lines))
    assert {"run.started", "call.answered", "course.published", "portal.locked", "run.progress", "run.finished"} <= {
        json.loads(line)["event.action"] for line in lines
    }
