"""`marksight restore`: put a backup back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.backup import FAULT_CODE, AsJson, Folder, newest, opened

if TYPE_CHECKING:
    from data.settings import Settings

INSIDE = {
    "database_url": None,
    "owner_url": None,
    "redis_url": None,
    "store_url": None,
    "audit_anchor_url": None,
}


def restore(
    folder: Folder = None,
    name: Annotated[str | None, typer.Argument(metavar="BACKUP", help="Which one; without, the newest.")] = None,
    *,
    to: Annotated[
        Path | None,
        typer.Option(
            help="Restore into this new state folder, with a database, store and anchors of its own: a drill."
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Throw away all that the database holds, and restore in its place.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup back into an empty database, and verify it; Marksight must not run meanwhile.

    Goes where the settings say. Exit code 0 when all is as it was; 1 when it was restored but for what is named; 4 when
    it was not, and the database holds what it held. Cut off, run it again.
    """
    import asyncio

    from dashboard.cli.backup_report import progress, restored_document, restored_lines
    from workers.restoring import restore as put_back

    backups = opened(folder)
    with progress() as tell:
        restored = asyncio.run(put_back(_target(to), backups, name or newest(backups), replace=replace, tell=tell))
    if as_json:
        import json

        typer.echo(json.dumps(restored_document(restored), indent=2))
    else:
        for line in restored_lines(restored):
            typer.echo(line)
    if restored.faults:
        raise typer.Exit(FAULT_CODE)


def _target(to: Path | None) -> Settings:
    """Return the settings to restore into: those that are set, or a state folder that has everything inside."""
    from data.settings import settings

    chosen = settings()
    return chosen if to is None else chosen.model_copy(update={**INSIDE, "home": to.absolute()})
