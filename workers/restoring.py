"""Restoring: a backup goes into a database that holds nothing, its pictures into the store, its anchors where they lie.

1. Nothing is written before the tables of the backup are found whole, its revision known, and the database empty.
2. Pictures, spooled records and anchors go first, and do no harm without rows; then the whole database, in one
   transaction. So a restore that is cut off leaves a database that holds nothing, and is begun anew: what lies there
   whole by then is not written again.
3. The schema is made by the migrations, at the backup's revision, and brought on to the program's. Roles, rights,
   triggers and partitions are those of any other installation; the rows leave no entry in the audit trail.
4. One-time links that were open are closed, in the trail, by `system:restore`: they may have been used since.
5. Afterwards the audit trail is verified against the anchors of the backup. Where it holds, and nobody knows of
   anything later, it is anchored anew from the restored database; to PostgreSQL that is another one, and nobody has to
   say `--go-on`. Where later anchors lie, what they know of is lost, and a person has to say what now.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from core.audit_anchor import Anchor, behind
from data.acting import Actor, acting_as
from data.anchors import AnchorPlace, open_place
from data.backup_folder import BackupFolder
from data.backup_manifest import Manifest
from data.database import Database
from data.errors import AnchorError, AnchorTaken, BackupError
from data.load import is_empty, load
from data.migrate import downgrade_within, is_known, migrating, step_up_within, upgrade_within
from data.outage import AWAY, is_away
from data.saying_who import SAY_WHO, said
from data.settings import Settings
from data.store import open_store
from data.urls import anchor_url, app_role, app_url, owner_url, store_url
from workers.anchor_reading import read_place
from workers.anchoring import Lying, anchor, newest, source_of
from workers.auditing import Verified, verify
from workers.backing_up import DATABASE_S, Tell
from workers.backup_checking import check_rows
from workers.composition import compose
from workers.own_database import database_alone
from workers.restoring_pictures import Put, anchors_of, check_paths, put_files, put_pictures

ITSELF = Actor("system:restore")
GO_ON = (
    "What came after the backup is lost, and verification goes on to name it, rightly. Keep those anchors, and name a "
    "new place for those to come (MARKSIGHT_AUDIT_ANCHOR_URL), or say once: marksight audit anchor --go-on"
)

_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = $1"
_CLOSE_LINKS = "UPDATE invitations SET closed_at = now() WHERE closed_at IS NULL"


@dataclass
class Restored:
    """What came of it: what was put back, how the audit trail verified, the anchor that goes on; and what to know."""

    name: str
    manifest: Manifest
    put: Put
    verified: Verified
    anchor_faults: tuple[str, ...] = ()
    anchored: Anchor | None = None
    remarks: list[str] = field(default_factory=list)

    @property
    def faults(self) -> tuple[str, ...]:
        """What is not as it was, in words; nothing where the restore is whole."""
        return (
            *(f"{each.words}: {each.address} was lacking when the backup was made" for each in self.manifest.lacking),
            *self.put.damaged,
            *(f"audit trail: {each.kind} in {each.relation}: {each.words}" for each in self.verified.faults),
            *self.anchor_faults,
        )


class _KeptAnchors:
    """Anchors as a backup holds them: a place to read from."""

    def __init__(self, name: str, anchors: dict[int, bytes]) -> None:
        self.name = f"the backup {name}"
        self._anchors = anchors

    async def numbers(self) -> list[int]:
        return sorted(self._anchors)

    async def read(self, number: int) -> bytes:
        return self._anchors[number]

    async def add(self, number: int, data: bytes) -> None:
        raise AnchorError(f"Nothing is added to {self.name}.")


async def restore(settings: Settings, folder: BackupFolder, name: str, *, replace: bool, tell: Tell) -> Restored:
    """Put a backup into what the settings name; with `replace`, in the place of all that the database holds.

    Raises:
        BackupDamaged: the tables of the backup are not what was written; nothing was changed.
        BackupError: the backup is of a newer program, or the database holds something, or others use it.
        AlreadyRunning: Marksight runs on the state folder.
        MigrationFailed: the database cannot be reached.
        StoreError: the image store takes nothing.
        AnchorError: the place of the anchors cannot be read.
    """
    with folder.locked(alone=False):
        manifest = folder.manifest(name)
        _check_revision(manifest)
        check_paths(manifest)
        tell("Checking the tables", 0, 0)
        await asyncio.to_thread(check_rows, folder, name, manifest)
        async with database_alone(settings):
            with acting_as(ITSELF):
                return await _restore(settings, folder, name, manifest, replace=replace, tell=tell)


def _check_revision(manifest: Manifest) -> None:
    revision = manifest.origin.revision
    if not is_known(revision):
        raise BackupError(
            f"The backup is of revision {revision}, which this program does not know: Marksight "
            f"{manifest.origin.program} made it. Install that one or a newer one here."
        )


async def _restore(
    settings: Settings, folder: BackupFolder, name: str, manifest: Manifest, *, replace: bool, tell: Tell
) -> Restored:
    async with migrating(owner_url(settings)) as connection:
        await _check_room(connection, app_role(settings), replace=replace)
    place, store, home = open_place(anchor_url(settings)), open_store(store_url(settings)), settings.home.absolute()
    put = await put_pictures(store, folder, name, manifest, scratch=home, tell=tell)
    anchors = anchors_of(folder, manifest, put)
    remarks = await _put_anchors(place, anchors)
    await asyncio.to_thread(put_files, folder, manifest, home, put)
    try:
        await _put_rows(settings, folder, name, manifest, replace=replace, tell=tell)
    except AWAY as error:
        if not is_away(error):
            raise
        said_so = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BackupError(f"The database went away ({said_so}), and holds what it held; run it again.") from error
    tell("Verifying the audit trail", 0, 0)
    read = await read_place(_KeptAnchors(name, anchors))
    database = Database(app_url(settings), answer_s=DATABASE_S)
    try:
        verified = await verify(database, anchors=read.anchored)
    finally:
        await database.close()
    faults = tuple(f"anchor {each.number}: {each.kind}: {each.words}" for each in read.faults)
    restored = Restored(name, manifest, put, verified, faults, remarks=remarks)
    await _anchor(settings, place, max(anchors, default=0), restored)
    return restored


async def _check_room(connection: AsyncConnection, role: str, *, replace: bool) -> None:
    raw = await _raw(connection)
    if await raw.fetchval(_OTHERS, role):
        raise BackupError("Marksight is connected to this database; stop it on every machine, then restore.")
    if not replace and not await is_empty(raw):
        raise BackupError(
            "This database holds something already. Restore into an empty one (a new MARKSIGHT_HOME, or a new "
            "database), or throw away all that it holds with: --replace"
        )


async def _put_rows(
    settings: Settings, folder: BackupFolder, name: str, manifest: Manifest, *, replace: bool, tell: Tell
) -> None:
    """Make the schema as the backup has it, fill it, and bring it on to this program's; all or nothing."""
    role = app_role(settings)
    tables = [(table, folder.file(name, table.kept)) for table in manifest.tables]
    rows = {table.title: table.rows for table in manifest.tables}
    async with migrating(owner_url(settings)) as connection:
        await _check_room(connection, role, replace=replace)
        raw = await _raw(connection)
        await downgrade_within(connection, "base")
        await step_up_within(connection, manifest.origin.revision)
        await load(raw, tables, manifest.months, lambda title, count: tell(f"Table {title}", count, rows[title]))
        await upgrade_within(connection, app_role=role)
        await connection.execute(SAY_WHO, said(ITSELF))
        await raw.execute(_CLOSE_LINKS)


async def _raw(connection: AsyncConnection) -> Any:
    """Return asyncpg's own connection, in the same transaction."""
    return (await connection.get_raw_connection()).driver_connection


async def _put_anchors(place: AnchorPlace, anchors: dict[int, bytes]) -> list[str]:
    """Let the anchors of the backup lie in their place; return what is different there, in words."""
    there = set(await place.numbers())
    remarks = []
    for number, data in anchors.items():
        try:
            if number not in there:
                await place.add(number, data)
            elif await place.read(number) != data:
                remarks.append(f"Anchor {number} in {place.name} is another than the backup's; it was left.")
        except AnchorTaken:
            remarks.append(f"Anchor {number} in {place.name} came in between; it was left.")
    return remarks


async def _anchor(settings: Settings, place: AnchorPlace, last_kept: int, restored: Restored) -> None:
    """Anchor the restored database, unless that is for a person to say."""
    services = compose(settings)
    try:
        last = await newest(place)
        if last is not None and last.number > last_kept:
            restored.remarks.append(await _later(services.database, place, last))
        elif restored.remarks or restored.verified.faults or restored.anchor_faults:
            restored.remarks.append("The restored trail was not anchored; see: marksight audit verify")
        else:
            restored.anchored = await anchor(services, go_on=True)
    except AnchorError as error:
        restored.remarks.append(f"The restored trail was not anchored: {error}")
    finally:
        await services.close()


async def _later(database: Database, place: AnchorPlace, last: Lying) -> str:
    title = last.anchor.title if last.anchor is not None else f"anchor {last.number}"
    words = behind((await source_of(database)).heads, last.anchor.heads) if last.anchor is not None else ""
    known = f": {words}" if words else ""
    return f"{title} in {place.name} is later than the backup{known}. {GO_ON}"
