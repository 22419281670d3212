"""batchpub publishes every course of a spreadsheet in the Zoho People LMS, inside its rate limit."""

__version__ = "0.1.0"
