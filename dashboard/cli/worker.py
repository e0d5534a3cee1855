"""`marksight worker`: inspect what the relay hands out."""

from __future__ import annotations

from typing import Annotated

import typer


def worker(
    name: Annotated[str, typer.Option(help="Name on the System page; unset: made of host and process id.")] = "",
) -> None:
    """Run one worker: judge pictures until it is asked to stop; what it holds then is finished first.

    Start as many as there are cores to spare, on any machine that reaches the database, Redis and the store.
    `marksight up` starts MARKSIGHT_WORKERS of them by itself.
    """
    from data.settings import settings
    from workers import logs
    from workers.worker import run

    logs.set_up(settings(), name or "worker")
    run(settings(), name=name)
