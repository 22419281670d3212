"""A process that stops itself (SIGSTOP) at an exact place of a call: `TESTS_FREEZE=look:20` at that of its 20th call.

It waits for a call at which no transaction is under way: a process that is frozen in one holds the whole state, which is
another law's trouble (exit 74).
"""

import os
import signal
from pathlib import Path

from .waiting import wait_until

VARIABLE = "TESTS_FREEZE"
PLACES = ("claim", "connect", "look", "residue", "answer")
"""Before the claim, claimed and before connecting, before the last look, between look and write, after the write."""


def pretend():
    """Have this process freeze where its environment says; without that variable change nothing."""
    if VARIABLE not in os.environ:
        return
    from batchpub.services.zoho.handover import HandOver, WatchedSocket
    from batchpub.store.database import Database
    from batchpub.store.journal import Journal

    place, number = os.environ[VARIABLE].split(":")
    databases, passed = [], []

    def freeze():
        passed.append(place)
        is_quiet = not any(database._turn.locked() for database in databases)
        if int(number) <= len(passed) < 1000 and is_quiet:
            passed.extend([place] * 1000)
            os.kill(os.getpid(), signal.SIGSTOP)

    def wrap(owner, name, *, before=None, after=None):
        original = getattr(owner, name)

        def wrapped(self, *arguments, **more):
            is_request = getattr(getattr(self, "hand_over", None), "comes_next", False)
            if before:
                before(self)
            done = original(self, *arguments, **more)
            if after and (owner is not WatchedSocket or is_request):
                after(self)
            return done

        setattr(owner, name, wrapped)

    wrap(Database, "__init__", after=databases.append)
    here = {"claim": (Journal, "claim", "before"), "connect": (HandOver, "watch", "before")}
    here |= {"look": (HandOver, "look", "before"), "residue": (HandOver, "look", "after")}
    here |= {"answer": (WatchedSocket, "send", "after")}
    owner, name, side = here[place]
    wrap(owner, name, **{side: lambda _: freeze()})


def wait_until_frozen(process):
    """Wait until a process of the fork server has stopped itself."""
    stat = Path(f"/proc/{process.pid}/stat")
    wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "it freezes", alive=process.is_alive)
