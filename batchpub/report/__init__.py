"""The reports of a run, made from its record and nothing else."""

from typing import TYPE_CHECKING

from batchpub.lazy import export_lazily

if TYPE_CHECKING:
    from batchpub.report.check import check_rows
    from batchpub.report.ci import announce, announce_refusal
    from batchpub.report.summary import make_summary_text, render, summarise
    from batchpub.report.totals import advice, count_outcomes, summary_sentence
    from batchpub.report.write import FILE_NAMES, FORMATS, write_reports

MODULES = {
    "check": ("check_rows",),
    "ci": ("announce", "announce_refusal"),
    "summary": ("make_summary_text", "render", "summarise"),
    "totals": ("advice", "count_outcomes", "summary_sentence"),
    "write": ("FILE_NAMES", "FORMATS", "write_reports"),
}
__getattr__ = export_lazily(__name__, {name: module for module, names in MODULES.items() for name in names})

__all__ = [
    "FILE_NAMES",
    "FORMATS",
    "advice",
    "announce",
    "announce_refusal",
    "check_rows",
    "count_outcomes",
    "make_summary_text",
    "render",
    "summarise",
    "summary_sentence",
    "write_reports",
]
