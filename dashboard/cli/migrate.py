"""`marksight migrate`: bring the database's schema to where this program needs it."""

from __future__ import annotations

from typing import Annotated

import typer


def migrate(
    *,
    down_to: Annotated[
        str, typer.Option("--down-to", metavar="REVISION", help="Go back to this revision instead; `base` empties it.")
    ] = "",
) -> None:
    """Bring the database's schema to where this program needs it, as the role of MARKSIGHT_OWNER_URL.

    Safe to run again, by several machines at once, and while older processes still serve. `marksight up` does it by
    itself. Going back removes what the newer revisions keep; make a backup first.
    """
    from data.migrate import downgrade, upgrade
    from data.settings import settings
    from data.urls import app_role, owner_url
    from workers import logs

    logs.set_up(settings(), "migrate")
    url = owner_url(settings())
    revision = downgrade(url, down_to) if down_to else upgrade(url, app_role=app_role(settings()))
    typer.echo(f"schema at revision {revision or 'base'}")
