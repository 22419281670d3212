"""How many of something, as people write it."""


def say_count(number: int, noun: str) -> str:
    """Say a number of things: "1 call", "2,000 calls". The noun is one that takes an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
