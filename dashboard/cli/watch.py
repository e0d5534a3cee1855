"""`marksight watch`: take in what stations drop in their watched folders."""

from __future__ import annotations


def watch() -> None:
    """Watch the folders that are named for stations, and inspect what is dropped in them.

    Handled files are moved within their folder, to `done` or `refused`, never deleted. One is enough; run it on the
    machine that has the folders. `marksight up` starts it by itself.
    """
    import asyncio

    from data.settings import settings
    from workers import logs
    from workers.watching import run

    logs.set_up(settings(), "watch")
    asyncio.run(run(settings()))
