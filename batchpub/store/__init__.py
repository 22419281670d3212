"""What must survive the process: journal, slots and lock, in one database."""
