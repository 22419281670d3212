"""What the tests of several folders use; each module says in its first line what it plays."""
