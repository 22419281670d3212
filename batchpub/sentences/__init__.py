"""Every sentence about a run: the core gives reasons as values, and this is the one room that words them.

Rows and runs are written down in words, so that any version reads an old state and `batchpub report` needs nothing else. That is
why the room lies below whoever calls the journal, and not in cli alone; no sentence here names a flag.
"""
