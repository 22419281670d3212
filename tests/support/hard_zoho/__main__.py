"""`python -m tests.support.hard_zoho`: play it until told to stop, as `batchpub sandbox` does."""

from .command import sandbox

sandbox(prog_name="sandbox")
