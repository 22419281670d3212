"""How many changed programs the fast tests notice: `python -m tests.bench.mutants [FILE OR FOLDER…]`, from the top folder.

mutmut writes the mutants (a `<` that is `<=`, an argument that is None, a text in capitals); its own runner takes a second
for each. Here the tests are collected once, and a mutant is a fork in which one function has another code: most are dead in
20 ms. A mutant outside of functions (a default, a constant) is imported anew. Tests that execute the function run, those of
the changed line first.

mutants_alive.txt holds the mutants that live, each with its reason; the exit code is 1 where others live.
"""

import argparse
import contextlib
import difflib
import gc
import importlib.abc
import importlib.util
import os
import pickle
import pkgutil
import random
import resource
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import hypothesis
import libcst
import pytest
from libcst.metadata import MetadataWrapper
from mutmut.mutation.file_mutation import MutationVisitor, deep_replace
from mutmut.mutation.mutators import mutation_operators
from mutmut.mutation.pragma_handling import IgnoredCode

import batchpub

TESTS = {
    "batchpub/pace": tuple(f"tests/pace/test_pace_{name}.py" for name in ("gate", "judging", "lock", "interrupted")),
    "batchpub/lifecycle": ("tests/lifecycle",),
    "batchpub/forecast.py": ("tests/lifecycle",),
    "batchpub/services/zoho/answers.py": ("tests/zoho/test_zoho_answers.py",),
}
"""What is proved, and by which tests: those that take milliseconds. More would only kill more."""

ALIVE = Path(__file__).with_name("mutants_alive.txt")
SPARE_SECONDS, LONGEST_SECONDS = 3, 300
"""A mutant that takes so much longer than the tests do without it, in CPU or as a whole, never ends: it is dead."""

ALIVE_STILL, DIED = "", "died"
"""In the place of the test that killed a mutant: none did, and the process itself broke."""

SHARED = {"server", "own_server", "fork_server"}
"""Fixtures that start processes; tests with them take too long for this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One changed program. `function` is the qualified name of the outermost function, "" outside of all."""

    file: str
    line: int
    function: str
    before: str
    after: str
    source: str

    @property
    def key(self):
        return "\n".join(
            line.rstrip() for line in (f"{self.file} {self.function}", f"- {self.before}", f"+ {self.after}")
        )


class Mutations(MutationVisitor):
    """mutmut's, which also goes into properties and keeps in which function a mutation is."""

    def __init__(self):
        nothing = IgnoredCode(no_mutate_lines=set(), ignore_node_lines=set(), ignore_pattern_lines=set())
        super().__init__(mutation_operators, nothing)
        self.inside, self.found = [], []

    def _skip_node_and_children(self, node):
        decorated = isinstance(node, libcst.FunctionDef) and node.decorators
        return not decorated and super()._skip_node_and_children(node)

    def on_visit(self, node):
        if isinstance(node, libcst.FunctionDef | libcst.ClassDef):
            self.inside.append(node)
        return super().on_visit(node)

    def on_leave(self, node):
        if isinstance(node, libcst.FunctionDef | libcst.ClassDef):
            self.inside.pop()
        return super().on_leave(node)

    def _create_mutations(self, node):
        count = len(self.mutations)
        super()._create_mutations(node)
        self.found += [(self._function(), mutation) for mutation in self.mutations[count:]]

    def _function(self):
        for depth, node in enumerate(self.inside, 1):
            if isinstance(node, libcst.FunctionDef):
                return ".".join(outer.name.value for outer in self.inside[:depth])
        return ""


def mutants_of(path):
    """Give all mutants of one file that are Python."""
    source, visitor = path.read_text(), Mutations()
    module = MetadataWrapper(libcst.parse_module(source)).visit(visitor)
    for function, mutation in visitor.found:
        changed = deep_replace(module, mutation.original_node, mutation.mutated_node).code
        if changed == source:
            continue
        with contextlib.suppress(SyntaxError, ValueError):
            compile(changed, str(path), "exec")
            texts = [text.splitlines() for text in (source, changed)]
            _, first, *_ = next(
                code
                for code in difflib.SequenceMatcher(a=texts[0], b=texts[1], autojunk=False).get_opcodes()
                if code[0] != "equal"
            )
            lines = [line for line in difflib.ndiff(*texts) if line[0] in "-+"]
            before, after = (" ".join(line[2:].strip() for line in lines if line[0] == sign) for sign in "-+")
            if "assert_never(" in before:
                continue  # mypy proves that nothing gets there
            yield Mutant(file=str(path), line=first + 1, function=function, before=before, after=after, source=changed)


def name_of(path):
    return ".".join(Path(path).with_suffix("").parts).removesuffix(".__init__")


def put_in(mutant):
    """Give the living function the mutant's code; False where the mutant is not in the code of one."""
    function = importlib.import_module(name_of(mutant.file))
    code = compile(mutant.source, function.__file__, "exec")
    for name in filter(None, mutant.function.split(".")):
        code = [inner for inner in code.co_consts if getattr(inner, "co_name", None) == name][-1]
        function = vars(function)[name]
        for inside in ("fget", "__func__", "__wrapped__"):
            function = getattr(function, inside, function)
    if not mutant.function or code == function.__code__:
        return False
    function.__code__ = code
    return True


class Finder(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Imports the mutant in the place of its module."""

    def __init__(self, mutant):
        self.mutant = mutant

    def find_spec(self, name, path=None, target=None):
        if name != name_of(self.mutant.file):
            return None
        file = Path(self.mutant.file)
        inside = [str(file.parent)] if file.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(name, file, loader=self, submodule_search_locations=inside)

    def get_filename(self, name):
        return str(Path(self.mutant.file).resolve())

    def get_data(self, path):
        return self.mutant.source.encode()


def in_a_fork(task, *, cpu_seconds=None):
    """Run a task in a fork; give what it gives, DIED where it dies or takes too long."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        if cpu_seconds is not None:
            os.setpgid(0, 0)
            most = int(cpu_seconds) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (most, most))
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(LONGEST_SECONDS)
            for number in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), number)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(task(), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    if cpu_seconds is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)  # and what it started
    os.waitpid(pid, 0)
    return pickle.loads(told) if told else DIED


class Runner:
    """A plugin of pytest: instead of running the tests that it collected, calls `then(runner, tests)`."""

    def __init__(self, then):
        self.then, self.told, self.failed = then, DIED, False

    def pytest_runtest_logreport(self, report):
        self.failed = self.failed or report.failed

    def pytest_runtestloop(self, session):
        if session.testsfailed:
            return True  # a mutant that cannot even be imported
        for item in session.items:
            kept = getattr(item.obj, "_hypothesis_internal_use_settings", None)
            if kept is not None:  # no time is spent on a smaller example
                phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
                item.obj._hypothesis_internal_use_settings = hypothesis.settings(kept, phases=phases, database=None)
        self.told = self.then(self, [item for item in session.items if not SHARED & set(item.fixturenames)])
        return True

    def passes(self, item):
        self.failed = False
        item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
        return not self.failed

    def first_that_fails(self, items):
        """Give the test that notices something."""
        return next((item.nodeid for item in items if not self.passes(item)), ALIVE_STILL)

    def measure(self, items, files):
        """Give for each test the CPU seconds it takes, and the functions and lines that it executes in the files."""
        told, hit = {}, set()

        def trace(frame, _event, _argument):
            code = frame.f_code
            if code.co_filename not in files:
                return None
            hit.add((code.co_filename, code.co_qualname.split(".<locals>")[0]))
            hit.add((code.co_filename, frame.f_lineno))
            return trace

        for item in items:
            began = time.process_time()
            hit.clear()
            sys.settrace(trace)
            threading.settrace(trace)
            passed = self.passes(item)
            sys.settrace(None)
            assert passed, f"{item.nodeid} fails without any mutant"
            told[item.nodeid] = (time.process_time() - began, frozenset(hit))
        return told


def run_pytest(tests, then):
    """Collect the tests and give what `then` makes of them; DIED where they cannot be collected."""
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(then)
        fixed = ["-q", "-s", "-n0", "--hypothesis-seed=0", "-p", "no:cacheprovider", f"--basetemp={folder}/tests"]
        fixed += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of what is imported already
        pytest.main([*fixed, *tests], plugins=[runner])
    return runner.told


def try_collected(mutants, tests, tell):
    """Try each mutant in a fork of a process that has collected the tests; give who killed it, and the tests' seconds.

    None in the place of who killed it stands for a mutant that is not inside of a function.
    """

    def then(runner, items):
        measured = in_a_fork(lambda: runner.measure(items, {str(Path(mutant.file).resolve()) for mutant in mutants}))
        gc.collect()
        gc.freeze()
        killers = [try_forked(mutant, runner, items, measured) for mutant in mutants]
        return killers, {nodeid: seconds for nodeid, (seconds, _) in measured.items()}

    def try_forked(mutant, runner, items, measured):
        file = str(Path(mutant.file).resolve())
        hit = {item: measured[item.nodeid] for item in items if (file, mutant.function) in measured[item.nodeid][1]}
        ordered = sorted(hit, key=lambda item: ((file, mutant.line) not in hit[item][1], hit[item][0]))
        task = lambda: runner.first_that_fails(ordered) if put_in(mutant) else None  # noqa: E731
        killer = in_a_fork(task, cpu_seconds=sum(seconds for seconds, _ in hit.values()) + SPARE_SECONDS)
        if killer is not None:
            tell(mutant, killer)
        return killer

    return in_a_fork(lambda: run_pytest(tests, then))


def try_imported(mutant, tests, seconds):
    """Try a mutant outside of functions in a process that has not imported its module yet; give who killed it."""

    def task():
        sys.meta_path.insert(0, Finder(mutant))
        by_time = lambda items: sorted(items, key=lambda item: seconds.get(item.nodeid, 0))  # noqa: E731
        return run_pytest(tests, lambda runner, items: runner.first_that_fails(by_time(items)))

    return in_a_fork(task, cpu_seconds=sum(seconds.values()) + 6 * SPARE_SECONDS)


def read_alive():
    """Give the reason of each mutant that may live."""
    blocks = [block.strip() for block in ALIVE.read_text().split("\n\n")] if ALIVE.exists() else []
    return dict(block.rsplit("\n= ", 1) for block in blocks if "\n= " in block)


def try_all(target, mutants, tests, reasons):
    """Try the mutants of a target and tell of them; give how many live without a reason."""
    began = time.monotonic()

    def tell(mutant, killer):
        if killer == ALIVE_STILL:
            print(f"\n{mutant.key}\n= {reasons.get(mutant.key, '?')}   (line {mutant.line})", flush=True)

    killers, seconds = try_collected(mutants, tests, tell)
    same = replace(mutants[0], source=Path(mutants[0].file).read_text())
    assert try_imported(same, tests, seconds) == ALIVE_STILL, "the tests fail without any mutant"
    for number, mutant in enumerate(mutants):
        if killers[number] is None:
            killers[number] = try_imported(mutant, tests, seconds)
            tell(mutant, killers[number])
    living = [mutant for mutant, killer in zip(mutants, killers, strict=True) if killer == ALIVE_STILL]
    unknown = [mutant for mutant in living if mutant.key not in reasons]
    dead = len(mutants) - len(living)
    print(
        f"\n{target}: {len(mutants)} mutants, {dead} dead ({dead / len(mutants):.1%}), {len(living)} live, "
        f"{len(unknown)} of them without a reason; {time.monotonic() - began:.0f} s",
        flush=True,
    )
    return len(unknown)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "targets", nargs="*", default=list(TESTS), help="files and folders; those of TESTS by themselves"
    )
    parser.add_argument("--tests", nargs="+", help="other tests than those in TESTS")
    parser.add_argument("--only", default="", metavar="TEXT", help="mutants in functions whose name has it")
    parser.add_argument("--sample", type=int, metavar="N", help="so many of each target, drawn with a fixed seed")
    chosen = parser.parse_args()
    warm_up()
    unknown = 0
    for target in chosen.targets:
        path = Path(target)
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        mutants = [mutant for file in files for mutant in mutants_of(file) if chosen.only in mutant.function]
        if not chosen.only:
            keys = {mutant.key for mutant in mutants}
            gone = [key for key in read_alive() if key.startswith(target) and key not in keys]
            print(*(f"no mutant any more: {key}" for key in gone), sep="\n")
        if chosen.sample is not None:
            mutants = random.Random(0).sample(mutants, min(chosen.sample, len(mutants)))
        unknown += try_all(target, mutants, chosen.tests or tests_for(target), read_alive())
    return 1 if unknown else 0


def warm_up():
    """Import what all mutants share: other people's modules, and none of ours."""
    import_all = [
        name for _, name, _ in pkgutil.walk_packages(batchpub.__path__, "batchpub.") if "__main__" not in name
    ]
    for name in import_all:
        with contextlib.suppress(ImportError):  # of an extra
            importlib.import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] == "batchpub"]:
        del sys.modules[name]


def tests_for(target):
    return next(tests for name, tests in TESTS.items() if target.startswith(name))


if __name__ == "__main__":
    sys.exit(main())
