"""The JSON Schema of job files, from the settings themselves: editors show what a key means and what is wrong."""

import json

from batchpub.settings.fields import PREFIX, SECRETS, SETTINGS, show_default

ONLY_IN_THE_ENVIRONMENT = SECRETS


def make_schema():
    """Give the schema as text. Each key may be written with _ or -."""
    keys = {}
    for name, one in SETTINGS.items():
        if name in ONLY_IN_THE_ENVIRONMENT:
            continue
        default = show_default(name)
        about = f"{one.title}.{f' Default: {default}.' if default else ''}"
        keys[name] = {"description": about[:1].upper() + about[1:], **one.reader.schema}
        if "_" in name:
            keys[name.replace("_", "-")] = {"$ref": f"#/properties/{name}"}
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A job file of batchpub",
        "description": f"Secrets are not taken from a job file: they stand in the environment, as {PREFIX}CLIENT_SECRET does.",
        "type": "object",
        "additionalProperties": False,
        "properties": keys,
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
