"""Writes watched folders, and what of them could not be taken in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from uuid import UUID

from sqlalchemy import CursorResult, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.errors import FolderUnfit
from data.tables import Station, WatchedFolder, WatchedRefusal

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('marksight:watched_folders'))")


@dataclass(frozen=True)
class Drop:
    """A folder in which a station drops its pictures, and how they are taken in (`data.tables.WatchedFolder`)."""

    path: str
    naming: str = ""
    recipe: str = ""
    settle_s: float = 2.0
    active: bool = True

    def __post_init__(self) -> None:
        if not self.settle_s > 0:
            raise ValueError(f"expected settle_s above 0, got {self.settle_s}")


@dataclass(frozen=True)
class Refusal:
    """A file that was not taken in: `key` (SHA-256) tells it from others, `code` and `detail` say why."""

    key: bytes
    station_id: UUID
    name: str
    code: str
    detail: str


class Watched:
    """Watched folders as they are written."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def set(self, station_id: UUID, drop: Drop, *, apart_from: Mapping[str, str]) -> bool:
        """Name the folder of a station, in place of the one it had; True if it had none.

        `apart_from` are further folders, and what each is.

        Raises:
            FolderUnfit: the path is not absolute, or lies in, or around, one of those or another station's folder.
        """
        await self._session.execute(_ONE_AT_A_TIME)  # so that no two stations take folders within each other at once
        named = select(WatchedFolder.station_id, WatchedFolder.path, Station.name).join(
            Station, Station.id == WatchedFolder.station_id
        )
        rows = (await self._session.execute(named)).all()
        others = {path: f"the folder of station {name}" for id_, path, name in rows if id_ != station_id}
        check_apart(drop.path, {**others, **apart_from})
        row = insert(WatchedFolder).values({"station_id": station_id, **asdict(drop)})
        await self._session.execute(row.on_conflict_do_update(index_elements=["station_id"], set_=asdict(drop)))
        return all(id_ != station_id for id_, _, _ in rows)

    async def remove(self, station_id: UUID) -> bool:
        """Watch a station's folder no more; False if it had none. What lies in it stays there."""
        gone = delete(WatchedFolder).where(WatchedFolder.station_id == station_id)
        return _count(await self._session.execute(gone)) == 1

    async def pause(self, station_id: UUID, *, active: bool) -> bool:
        """Let a station's folder rest, or be watched again; False if it has none."""
        rests = update(WatchedFolder).where(WatchedFolder.station_id == station_id).values(active=active)
        return _count(await self._session.execute(rests)) == 1

    async def refuse(self, refusal: Refusal) -> bool:
        """Note a file that is not taken in; False if it was noted before."""
        row = insert(WatchedRefusal).values(asdict(refusal)).on_conflict_do_nothing(index_elements=["key"])
        return await self._session.scalar(row.returning(WatchedRefusal.key)) is not None

    async def take_back(self, *keys: bytes) -> None:
        """Forget that these files were refused: they are taken in after all."""
        await self._session.execute(delete(WatchedRefusal).where(WatchedRefusal.key.in_(keys)))


def check_apart(path: str, others: Mapping[str, str]) -> None:
    """See that a folder is absolute and lies neither in, nor around, one of `others` (path: what it is).

    Raises:
        FolderUnfit: it does, or its path says `..` or is not absolute.
    """
    own = PurePosixPath(path)
    if own.root != "/" or ".." in own.parts:  # two slashes at the beginning would be another path to the same folder
        raise FolderUnfit(
            f"A watched folder has an absolute path without `..`, such as /srv/drops/aoi-3; got {path!r}."
        )
    for other, what in others.items():
        if own.is_relative_to(other) or PurePosixPath(other).is_relative_to(own):
            raise FolderUnfit(f"{path} and {other}, {what}, lie one within the other; choose a folder apart from it.")


def _count(done: object) -> int:
    return done.rowcount if isinstance(done, CursorResult) else 0
