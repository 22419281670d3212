"""`batchpub` and `python -m batchpub`."""

import os
from typing import NoReturn

NO_MEMORY = b"The memory is not enough even to begin or to end. Give batchpub more of it, then run it again.\n"
CANNOT_WRITE = 74
"""ExitCode.CANNOT_WRITE; there may be no memory to import it."""


def main() -> None:
    """Run the command line. Where the memory is not enough to say why it ends, the interpreter would end it with 1."""
    try:
        from batchpub.cli.main import main as run  # noqa: PLC0415 - what this needs may be more than there is

        run()
    except (MemoryError, SystemError, SyntaxError):  # C code, or the parser of an import, had no memory left to say so
        _end(NO_MEMORY)
    except (ImportError, OSError) as error:  # the loader's word for too little memory, and for a file that is not there
        _end(f"A part of it cannot be loaded: {error}. Give batchpub more memory, or install it anew.\n".encode())
    except Exception as error:  # noqa: BLE001 - it broke while it said how it ends; 1 would be a finished run's code
        _end(
            f"It broke where it begins or ends ({error!r}). Give batchpub more memory; else it is a fault of it.\n".encode()
        )


def _end(sentence: bytes) -> NoReturn:
    os.write(2, b"batchpub: " + sentence)
    os._exit(CANNOT_WRITE)


if __name__ == "__main__":
    main()
