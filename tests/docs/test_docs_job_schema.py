"""The schema of job files says what the program says."""

import contextlib
import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from job_schema import ONLY_IN_THE_ENVIRONMENT, make_schema

from batchpub.settings.fields import SETTINGS

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads(make_schema())
NAMES = sorted(set(SETTINGS) - set(ONLY_IN_THE_ENVIRONMENT))
WORDS = st.sampled_from(
    [
        "a",
        "all",
        "478346000019580117",
        "5",
        "10%",
        "101%",
        "50m",
        "1h30m",
        "16-19",
        "never",
        "json",
        "csv",
        "hold",
        "auto",
        "x y",
    ]
)
LEAVES = st.booleans() | st.integers(-2, 2000) | st.floats(-1, 1e6) | WORDS
VALUES = (
    LEAVES
    | st.lists(LEAVES, max_size=3)
    | st.dictionaries(WORDS, st.sampled_from(["refused", "published", "x"]), max_size=2)
)


def is_too_long(name, value):
    """Tell a time in words that no run may last, by the same words read as a plain time."""
    if name != "max_duration" or not isinstance(value, str):
        return False
    parts = re.fullmatch(r"(?:([0-9.]+)h)?(?:([0-9.]+)m)?(?:([0-9.]+)s?)?", value.strip()).groups()
    hours, minutes, seconds = (float(part or 0) for part in parts)
    return not 0 < hours * 3600 + minutes * 60 + seconds <= 2_678_400


def test_it_is_a_schema():
    """
    As the draft it names defines one.
    """
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(st.sampled_from(NAMES), VALUES)
def test_what_the_schema_takes_the_program_takes(name, value):
    """
    No editor calls a value right that the program then refuses; only how long a time in words is, it cannot know.
    """
    assume(jsonschema.Draft7Validator(SCHEMA).is_valid({name: value}))

    with pytest.raises(ValueError, match="out of bounds") if is_too_long(name, value) else contextlib.nullcontext():
        SETTINGS[name].reader.read(value)


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_takes_a_settings_default(name):
    """
    What holds without a word may be written down.
    """
    default = SETTINGS[name].default
    written = list(default) if isinstance(default, tuple) and name != "id_digits" else default

    if written not in (None, ()):
        written = "16-19" if name == "id_digits" else written
        assert [] == [error.message for error in jsonschema.Draft7Validator(SCHEMA).iter_errors({name: written})]


@pytest.mark.parametrize(
    "text", ["raet = 3", 'cookie = "x"', "rate = true", "rate = 0", "again = [478346000019580117]", 'report = ["pdf"]']
)
def test_the_schema_refuses_what_is_wrong(text):
    """
    Misspelt, secret, of the wrong kind, out of bounds.
    """
    assert not jsonschema.Draft7Validator(SCHEMA).is_valid(tomllib.loads(text))


@pytest.mark.parametrize("job", sorted(ROOT.glob("jobs/*.toml")), ids=lambda job: job.name)
def test_the_job_files_name_their_schema(job):
    """
    Each begins with where its schema is, lies there, and keeps to it.
    """
    first, _, text = job.read_text(encoding="utf-8").partition("\n")
    named = job.parent / first.removeprefix("#:schema ")

    assert SCHEMA == json.loads(named.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(SCHEMA).validate(tomllib.loads(text))
