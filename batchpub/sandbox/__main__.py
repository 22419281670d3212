"""`python -m batchpub.sandbox`: the same as `batchpub sandbox`."""

from batchpub.sandbox.command import sandbox

sandbox(prog_name="python -m batchpub.sandbox")
