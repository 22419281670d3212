"""The workbook that staff fill in: what `batchpub template` writes."""

from batchpub.template.workbook import write_template

__all__ = ["write_template"]
