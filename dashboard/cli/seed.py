"""`marksight seed`: the bundled recipes and pictures."""

from __future__ import annotations

from typing import Annotated

import typer

from dashboard.cli.migrate import migrate


def seed(
    *,
    schema: Annotated[bool, typer.Option("--migrate", help="Bring the schema to where it must be first.")] = False,
) -> None:
    """Add the bundled recipes, and the bundled pictures to be inspected, as far as they are missing.

    `marksight up` does it by itself at every start; what is there already is left alone.
    """
    import asyncio
    from contextlib import nullcontext

    from data.migrate import current, head
    from data.setting_up import setting_up
    from data.settings import settings
    from data.urls import app_url, owner_url
    from workers.composition import compose
    from workers.seed import Seeded, has_recipes
    from workers.seed import seed as run

    async def seeded() -> Seeded:
        url = (owner_url if schema else app_url)(settings())
        services = compose(settings())
        try:
            there = await asyncio.to_thread(current, url) == head() and await has_recipes(services)
            async with nullcontext() if there else setting_up(url):  # nobody waits for what is there already
                if schema:
                    await asyncio.to_thread(migrate)
                return await run(services, say=typer.echo)
        finally:
            await services.close()

    done = asyncio.run(seeded())
    typer.echo(f"{done.recipes} recipes and {done.pictures} pictures are new")
