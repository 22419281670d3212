"""The command line: commands, wiring, exit codes. Commands are imported when they are called, so `--help` is quick."""

from batchpub.cli.main import main

__all__ = ["main"]
