"""The reports of a run, made from its record and nothing else."""

FILE_NAMES = {
    "csv": "results.csv",
    "xlsx": "results.xlsx",
    "html": "report.html",
    "junit": "junit.xml",
    "json": "run_results.json",
}
"""The file of each format."""

STAFF = "staff"
"""The format that is a folder: each file handed in comes back as a workbook of its own."""
