"""What every test needs."""

import asyncio

# pytest-asyncio leaves the main thread's first loop unclosed when a sync test comes before an async one; there is none.
asyncio.set_event_loop(None)
