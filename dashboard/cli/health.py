"""`marksight health`: whether a part lives on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

DEAD_CODE = 1


def health(
    part: Annotated[str, typer.Argument(help="server, worker, relay or watcher.")] = "server",
) -> None:
    """Tell whether a part lives on this machine, for containers and service managers. Exit code 0 if so, 1 if not.

    The server is asked at MARKSIGHT_HOST and MARKSIGHT_PORT; the others say in Redis every few seconds that they live.
    """
    import asyncio

    from data.settings import settings
    from workers.liveness import LivingPart, lives

    try:
        wanted = LivingPart(part)
    except ValueError:
        raise typer.BadParameter(f"no part is called {part}", param_hint="part") from None
    if not asyncio.run(lives(settings(), wanted)):
        typer.echo(f"no {part} lives here", err=True)
        raise typer.Exit(DEAD_CODE)
    typer.echo(f"a {part} lives here")
