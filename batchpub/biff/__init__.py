"""Excel's binary workbooks of before 2007, BIFF 2 to 8, read cell by cell; knows nothing of courses.

Written because xlrd, the only library for them, cannot do what a list of ids needs: it gives a formula's saved result as if
somebody had typed it, keeps the last of two cells stored under one name, lets one column record claim 65,536 columns as often
as it likes, and gives up on good files for what is nobody's cell (a defined name, a comment, a count that is wrong). The
numbers are from Microsoft's [MS-XLS] and, for what is older than Excel 97, from OpenOffice's "Documentation of the Microsoft
Excel File Format".
"""

from batchpub.biff.errors import BiffError, CutShort, Damaged, Encrypted, NoWorkbook, TooMuch
from batchpub.biff.sheet import BiffCell, BiffSheet, Value
from batchpub.biff.workbook import BiffWorkbook

__all__ = [
    "BiffCell",
    "BiffError",
    "BiffSheet",
    "BiffWorkbook",
    "CutShort",
    "Damaged",
    "Encrypted",
    "NoWorkbook",
    "TooMuch",
    "Value",
]
