"""`marksight backup`: make a backup, list those there are, and check them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from data.backup_folder import BackupFolder
    from data.settings import Settings
    from workers.backing_up import BackedUp
    from workers.backup_keeping import Removed

FAULT_CODE = 1
MAKE = "make"

Folder = Annotated[
    Path | None, typer.Argument(help="Folder of backups; without, the one that MARKSIGHT_BACKUP_FOLDER names.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


class _MakeUnlessNamed(TyperGroup):
    """What is no command is where to: `marksight backup /mnt/backups`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        named = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else [MAKE, *args])


backup = typer.Typer(
    cls=_MakeUnlessNamed,
    help="Make a backup of database, pictures and anchors (marksight backup FOLDER); list and verify backups.",
)


@backup.command(MAKE)
def make(
    folder: Folder = None,
    *,
    keep: Annotated[
        int | None,
        typer.Option("--keep", min=1, help="Then keep so many backups; remove older ones, never the newest."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a backup; the default. Marksight may run meanwhile. Cut off, run it again: it goes on where it was.

    Exit code 0 when the backup is whole; 1 when it was made without pictures that the image store lacks, each named; 4
    when none was made.
    """
    import asyncio

    from dashboard.cli.backup_report import made_document, made_lines

    made, removed, remarks = asyncio.run(_made(folder, keep))
    if as_json:
        _print(made_document(made, removed, remarks))
    else:
        for line in made_lines(made, removed, remarks):
            typer.echo(line)
    if made.manifest.lacking:
        raise typer.Exit(FAULT_CODE)


@backup.command("list")
def list_(folder: Folder = None, *, as_json: AsJson = False) -> None:
    """List the backups there are, the oldest first."""
    from dashboard.cli.backup_report import size, summary
    from dashboard.cli.listing import moment, table
    from data.errors import BackupError

    backups = opened(folder)
    rows, documents = [], []
    for name in backups.names():
        try:
            manifest = backups.manifest(name)
        except BackupError as error:
            rows.append((name, "", "", "", str(error)))
            documents.append({"name": name, "error": str(error)})
            continue
        state = f"lacks {len(manifest.lacking)} pictures" if manifest.lacking else "whole"
        counts = f"{manifest.rows_of('inspections'):,}", f"{manifest.blob_count:,} ({size(manifest.blob_bytes)})"
        rows.append((name, moment(manifest.made_at), *counts, state))
        documents.append(summary(name, manifest))
    if as_json:
        _print({"folder": str(backups.root), "backups": documents})
        return
    for line in table(("backup", "made", "inspections", "pictures and files", ""), rows):
        typer.echo(line)


@backup.command()
def verify(
    folder: Folder = None,
    name: Annotated[str | None, typer.Argument(metavar="BACKUP", help="Which one; without, the newest.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Check every backup there is.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read a backup whole, and hold every file and picture against its digest; nothing is put back.

    Names each that is missing or was changed. Exit code 0 when all is as it was written, 1 when something is not.
    """
    from dataclasses import asdict

    from dashboard.cli.backup_report import checked_lines, progress
    from workers.backup_checking import check

    backups = opened(folder)
    names = backups.names() if every else [name or newest(backups)]
    with backups.locked(alone=False), progress() as tell:
        found = [check(backups, each, tell) for each in names]
    if as_json:
        fields = ("name", "files", "blobs", "faults")
        documents = [{field: asdict(each)[field] for field in fields} for each in found]
        _print({"verified": all(each.holds for each in found), "backups": documents})
    else:
        for each in found:
            for line in checked_lines(each):
                typer.echo(line)
    if not all(each.holds for each in found):
        raise typer.Exit(FAULT_CODE)


def opened(folder: Path | None) -> BackupFolder:
    """Return the folder of backups that is meant.

    Raises:
        BackupError: none is named, or there are none.
    """
    from data.backup_folder import BackupFolder
    from data.settings import settings

    return BackupFolder.open(_meant(folder, settings()))


def newest(backups: BackupFolder) -> str:
    """Return the name of the newest backup.

    Raises:
        BackupError: there is none.
    """
    from data.errors import BackupError

    names = backups.names()
    if not names:
        raise BackupError(f"There is no backup in {backups.root} yet.")
    return names[-1]


async def _made(folder: Path | None, keep: int | None) -> tuple[BackedUp, Removed, list[str]]:
    import asyncio

    from dashboard.cli.backup_report import progress
    from data.backup_folder import BackupFolder
    from data.settings import settings
    from workers.backing_up import back_up
    from workers.backup_keeping import Removed, keep_newest
    from workers.composition import compose
    from workers.own_database import database_there

    chosen = settings()
    backups = BackupFolder.make(_meant(folder, chosen))
    async with database_there(chosen):
        services = compose(chosen)
        try:
            with progress() as tell:
                made = await back_up(services, backups, tell)
        finally:
            await services.close()
    remarks = _same_disk(chosen, backups.root)
    if keep is None:
        return made, Removed(), remarks
    if made.manifest.lacking:
        return made, Removed(remark="No older backup was removed, since this one is not whole."), remarks
    return made, await asyncio.to_thread(keep_newest, backups, keep), remarks


def _meant(folder: Path | None, settings: Settings) -> Path:
    from data.errors import BackupError

    meant = folder or settings.backup_folder
    if meant is None:
        raise BackupError("Name a folder for backups, best on another disk; or set MARKSIGHT_BACKUP_FOLDER.")
    return meant.absolute()


def _same_disk(settings: Settings, folder: Path) -> list[str]:
    if settings.home.stat().st_dev != folder.stat().st_dev:
        return []
    return [f"{folder} lies on the same disk as the state folder: whoever loses one loses both. Use another disk."]


def _print(document: dict[str, Any]) -> None:
    import json

    typer.echo(json.dumps(document, indent=2))
