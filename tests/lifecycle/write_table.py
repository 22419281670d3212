"""Write what becomes of a course in every combination: `python -m tests.lifecycle.write_table`, from the top folder.

The table has three parts. *Situations* has every standing, work, rules and mails, and what a step asks of the journal, the gate
and the service until the course is called for; combinations that go the same way stand together. *Reading* and *Publishing* have
the rest of it for every answer. A step that goes on like another names the first situation that does; one that goes on nearly
like an earlier one names that one, and has only the answers that make a difference. `+1` counts from what the course came with,
`v` is the version that it was looked at with.
"""

import itertools
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
TABLE = HERE / "table.txt"
SITUATIONS, READING, PUBLISHING = "Situations", "Reading", "Publishing"


class Table:
    """What was driven: parts of steps by situation, and the situation that first had a part."""

    def __init__(self):
        self.firsts = {READING: {}, PUBLISHING: {}}
        self.ways = {}

    def add(self, part, name, told):
        """Give the name of what has the same part."""
        return self.firsts[part].setdefault(tuple(told.items()), name)


def drive_all(drive):
    """Drive every combination; `drive(standing, work, rules, publishes, reads)` gives the trace and what was asked for."""
    from cases import situations

    table = Table()
    for names, values in situations():
        table.ways[names] = drive_situation(table, drive, names, values)
    return table


def drive_situation(table, drive, names, values):
    """Drive one situation with every answer; give its way until the first call."""
    from cases import PUBLISHES, READS

    trace, asked = drive(*values, PUBLISHES["published"], READS["draft"])
    if "read" not in asked:
        return drive_publishing(table, drive, " | ".join(names), values, None, trace)
    way = trace[: find(trace, "read")]
    told = {}
    for read in READS:
        trace, _ = drive(*values, PUBLISHES["published"], READS[read])
        told[read] = drive_publishing(table, drive, f"{' | '.join(names)} | {read}", values, read, trace[len(way) :])
    return f"{'; '.join(way)} -> {table.add(READING, ' | '.join(names), told)}"


def drive_publishing(table, drive, name, values, read, trace):
    """Drive a step that may come to a call to publish with every answer to it; give its way until then."""
    from cases import PUBLISHES, READS

    at = find(trace, "claim")
    if at is None:
        return "; ".join(trace)
    told = {}
    for answer in PUBLISHES:
        whole, _ = drive(*values, PUBLISHES[answer], READS.get(read))
        told[answer] = "; ".join(whole[find(whole, "claim") + 1 :])
    return f"{'; '.join(trace[: at + 1])} -> {table.add(PUBLISHING, name, told)}".strip()


def find(trace, word):
    return next((number for number, told in enumerate(trace) if told.split()[0] == word), None)


def group(ways):
    """Join situations that go the same way: (values of each kind, way), the first situation first."""
    found = {}
    for names, way in ways.items():
        found.setdefault(way, []).append(tuple((name,) for name in names))
    for way, boxes in found.items():
        for kind in (3, 2, 1, 0):
            boxes = join(boxes, kind)  # noqa: PLW2901 - smaller each time
        for box in boxes:
            yield box, way


def join(boxes, kind):
    """Join those that differ in one kind of value alone."""
    joined = {}
    for box in boxes:
        key = (*box[:kind], *box[kind + 1 :])
        joined.setdefault(key, []).extend(box[kind])
    return [(*key[:kind], tuple(values), *key[kind:]) for key, values in joined.items()]


def write(table):
    """Give the text."""
    lines = [SITUATIONS, ""]
    for way, boxes in itertools.groupby(group(table.ways), key=lambda one: one[1]):
        lines += [" | ".join(", ".join(values) for values in box) for box, _ in boxes]
        lines += [f"    {way}"]
    for part, firsts in table.firsts.items():
        lines += ["", part]
        earlier = []
        for told, name in firsts.items():
            nearest = min(earlier, key=lambda one: len(differences(told, one[0])), default=((), ""))
            rest = differences(told, nearest[0])
            like = len(rest) < len(told)
            lines += ["", f"{name}, as {nearest[1]} but for" if like else name]
            rest = rest if like else told
            for what, answers in itertools.groupby(sorted(rest, key=lambda one: one[1]), key=lambda one: one[1]):
                lines += [f"    {', '.join(answer for answer, _ in answers)}: {what}"]
            earlier.append((told, name))
    return "\n".join(lines) + "\n"


def differences(told, other):
    return [one for one in told if one not in other]


def read():
    """Give what the file says: the way of each situation, and by part and name what follows each answer."""
    ways, parts, part, boxes, told = {}, {READING: {}, PUBLISHING: {}}, SITUATIONS, [], {}
    for line in TABLE.read_text().splitlines():
        if line in (SITUATIONS, READING, PUBLISHING):
            part = line
        elif line.startswith("    ") and part == SITUATIONS:
            for box in boxes:
                ways.update(dict.fromkeys(itertools.product(*box), line.strip()))
            boxes = []
        elif line.startswith("    "):
            answers, what = line.strip().split(": ", 1)
            told.update(dict.fromkeys(answers.split(", "), what))
        elif line and part == SITUATIONS:
            boxes.append([values.split(", ") for values in line.split(" | ")])
        elif line:
            name, _, like = line.removesuffix(" but for").partition(", as ")
            told = parts[part][name] = dict(parts[part].get(like, {}))
    return ways, parts


def main():
    import structlog
    from driven import drive

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    TABLE.write_text(write(drive_all(drive)))
    print(len(TABLE.read_text().splitlines()), "lines,", TABLE.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
