"""Write what becomes of a course in every combination: `python -m tests.lifecycle.write_table`, from the top folder.

A line of the table has the combination, and after `=>` what one step asks of the journal, the gate and the service. Lines
that differ in the answers alone follow each other; an answer that is not asked for is "-".
"""

import gzip
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
TABLE = HERE / "table.txt.gz"


def lines(drive):
    """Give all lines; `drive(standing, work, rules, publishes, reads)` gives the trace and what was asked for."""
    from cases import PUBLISHES, READS, situations

    for names, values in situations():
        _, asked = drive(*values, PUBLISHES["published"], READS["draft"])
        for read in READS if "read" in asked else ["-"]:
            _, asked = drive(*values, PUBLISHES["published"], READS.get(read))
            for publish in PUBLISHES if "publish" in asked else ["-"]:
                trace, _ = drive(*values, PUBLISHES.get(publish), READS.get(read))
                yield f"{' | '.join((*names, read, publish))} => {'; '.join(trace)}"


def read_table():
    return gzip.decompress(TABLE.read_bytes()).decode().splitlines()


def main():
    import structlog
    from driven import drive

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    told = "\n".join(lines(drive)) + "\n"
    TABLE.write_bytes(gzip.compress(told.encode(), mtime=0))
    print(len(told.splitlines()), "lines")


if __name__ == "__main__":
    main()
