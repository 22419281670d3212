"""`python -m batchpub`."""

from batchpub.cli import main

if __name__ == "__main__":
    main()
