"""A run without a command line: queue, workers, stopping, and the events it tells."""
