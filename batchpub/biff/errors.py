"""Why a binary workbook cannot be read."""


class BiffError(Exception):
    """The workbook cannot be read; the text says what is wrong, without a full stop."""


class CutShort(BiffError):
    """The data end before the workbook does."""


class Damaged(BiffError):
    """The workbook is complete and contradicts itself."""


class Encrypted(BiffError):
    """The workbook is encrypted, with whatever password."""


class NoWorkbook(BiffError):
    """The data are something else."""


class TooMuch(BiffError):
    """Reading on would take more time or memory than any honest workbook does."""
