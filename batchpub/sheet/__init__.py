"""Files into rows of typed cells: every format staff send, read exactly or refused with a sentence."""

from batchpub.sheet.load import load_bytes, load_sheet
from batchpub.sheet.options import SheetOptions

__all__ = ["SheetOptions", "load_bytes", "load_sheet"]
