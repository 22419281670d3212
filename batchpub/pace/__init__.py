"""The pace: the gate that every call passes, what a lock means to it, and how long it all takes."""
