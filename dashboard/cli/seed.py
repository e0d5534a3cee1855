"""`marksight seed`: the bundled recipes and pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.migrate import migrate

if TYPE_CHECKING:
    from workers.composition import Services


async def _let_in_the_first(services: Services) -> None:
    """Make the admin that the settings name; one who cannot be made keeps nobody from working."""
    from core.errors import MarksightError
    from workers.first_admin import ensure_first_admin

    try:
        await ensure_first_admin(services)
    except MarksightError as error:
        typer.echo(f"There is no administrator yet, and none could be made: {error}", err=True)


def seed(
    *,
    schema: Annotated[bool, typer.Option("--migrate", help="Bring the schema to where it must be first.")] = False,
) -> None:
    """Add the bundled recipes, and the bundled pictures to be inspected, as far as they are missing.

    `marksight up` does it by itself at every start; what is there already is left alone. The first administrator is
    made too, if MARKSIGHT_ADMIN_USER and MARKSIGHT_ADMIN_PASSWORD say who that is.
    """
    import asyncio
    from contextlib import nullcontext

    from data.migrate import current, head
    from data.setting_up import setting_up
    from data.settings import settings
    from data.urls import app_url, owner_url
    from workers import logs
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
                done = await run(services, say=typer.echo)
                if settings().admin_user:
                    await _let_in_the_first(services)
                return done
        finally:
            await services.close()

    logs.set_up(settings(), "seed")
    done = asyncio.run(seeded())
    typer.echo(f"{done.recipes} recipes and {done.pictures} pictures are new")
