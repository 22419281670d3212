"""The reports of a run, made from its record and nothing else."""

from batchpub.report.check import check_rows
from batchpub.report.ci import announce
from batchpub.report.terminal import print_summary
from batchpub.report.totals import advice, count_outcomes, summary_sentence
from batchpub.report.write import FILE_NAMES, FORMATS, write_reports

__all__ = [
    "FILE_NAMES",
    "FORMATS",
    "advice",
    "announce",
    "check_rows",
    "count_outcomes",
    "print_summary",
    "summary_sentence",
    "write_reports",
]
