"""The page for Python is a program that runs, and so are its examples."""

import ast
import json
import re
import runpy
from pathlib import Path

import pytest
from support.sandbox_process import stats

import batchpub

DOCS = Path(__file__).parents[2] / "docs"
BLOCKS = re.findall(r"```python\n(.*?)```", (DOCS / "python.md").read_text(encoding="utf-8"), re.DOTALL)


def test_page_runs_from_top_to_bottom(account, capsys):
    """
    The blocks of the page, one after the other as a reader would type them, publish what they say.
    """
    names = {}
    for number, block in enumerate(BLOCKS, 1):
        exec(compile(block, f"docs/python.md, block {number}", "exec"), names)

    assert {"published", "invalid"} <= set(re.findall(r"[a-z_]+", capsys.readouterr().out))
    seen = stats(account)
    assert (2, []) == (seen["arrivals"]["publish"], seen["published_twice"])
    assert "bp_outcome" in names["table"].columns


def test_page_names_what_there_is():
    """
    Every name of the package that the page or an example uses is public.
    """
    cells = json.loads((DOCS / "examples" / "notebook.ipynb").read_text(encoding="utf-8"))["cells"]
    sources = [*BLOCKS, *(path.read_text(encoding="utf-8") for path in (DOCS / "examples").glob("*.py"))]
    sources += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    used = {
        node.attr
        for source in sources
        for node in ast.walk(compile(source, "", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "batchpub"
    }

    assert used
    assert set() == used - set(batchpub.__all__)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_airflow_task_publishes(account):
    """
    The task of the DAG publishes the list, and gives the counts to whoever comes after it.
    """
    pytest.importorskip("airflow.sdk")

    found = runpy.run_path(str(DOCS / "examples" / "airflow_dag.py"))

    assert {"published": 2, "invalid": 1} == found["publish_courses"].function("courses.xlsx")
    assert 2 == stats(account)["arrivals"]["publish"]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
async def test_prefect_flow_publishes(account):
    """
    The flow checks the list and publishes it; its result is the exit code.
    """
    pytest.importorskip("prefect")

    found = runpy.run_path(str(DOCS / "examples" / "prefect_flow.py"))

    assert 1 == await found["publish_training"]("courses.xlsx")
    assert 2 == stats(account)["arrivals"]["publish"]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_notebook_publishes(account):
    """
    The notebook runs cell by cell in a kernel.
    """
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")

    notebook = nbformat.read(DOCS / "examples" / "notebook.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=120).execute()

    assert "478346000019582101" in str(notebook.cells[-1].outputs)
    assert 2 == stats(account)["arrivals"]["publish"]
