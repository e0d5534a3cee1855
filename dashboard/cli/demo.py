"""`marksight demo`: something moving, for `up --demo`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from data.settings import Settings

NAME = "demonstration"


def demo() -> None:
    """Post the bundled samples to the page server, one every two seconds, until Ctrl-C."""
    from dashboard.origins import address
    from data.settings import settings
    from workers.demo import run

    chosen = settings()
    token = None if chosen.single_user else asyncio.run(_token(chosen))
    run(address(chosen.host, chosen.port), typer.echo, token=token)


async def _token(settings: Settings) -> str:
    """Return a machine's token that was made just now, in place of the one before."""
    from data.errors import NotFound
    from workers import tokens
    from workers.composition import compose

    services = compose(settings)
    try:
        with suppress(NotFound):
            await tokens.revoke(services, NAME)
        return (await tokens.add(services, tokens.NewToken(NAME, role="machine"))).secret
    finally:
        await services.close()
