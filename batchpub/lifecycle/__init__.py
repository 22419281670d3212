"""A course's life as pure decisions: what to do next, and what an answer makes of it. No clock, network, database or log."""
