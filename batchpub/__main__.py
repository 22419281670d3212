"""`batchpub` and `python -m batchpub`."""

import os

NO_MEMORY = (
    b"batchpub: The memory is not enough even to begin or to end. Give batchpub more of it, then run it again.\n"
)
CANNOT_WRITE = 74
"""ExitCode.CANNOT_WRITE; there may be no memory to import it."""


def main() -> None:
    """Run the command line. Where the memory is not enough to say why it ends, the interpreter would end it with 1."""
    try:
        from batchpub.cli.main import main as run  # noqa: PLC0415 - what this needs may be more than there is

        run()
    except MemoryError:
        os.write(2, NO_MEMORY)
        os._exit(CANNOT_WRITE)


if __name__ == "__main__":
    main()
