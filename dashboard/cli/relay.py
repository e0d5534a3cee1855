"""`marksight relay`: hand what waits to the workers, and take back what a worker lost."""

from __future__ import annotations


def relay() -> None:
    """Run the relay: group what waits into batches for the workers, and take back what a lost worker held.

    One relay is enough for any number of workers; a second one does no harm. `marksight up` starts it by itself.
    """
    import asyncio

    from data.settings import settings
    from workers import logs
    from workers.relay import run

    logs.set_up(settings(), "relay")
    asyncio.run(run(settings()))
