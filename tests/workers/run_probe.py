"""What tests of runs share: runs with stored files, archives good and bad, and what the database says of them."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update

from data.priorities import Priority
from data.queries import runs
from data.queries.run_view import FileRow, RunSummary
from data.repositories.runs import NewRun
from data.tables import Inspection, OutboxItem, RunFile
from tests.workers.queue_probe import picture
from workers.composition import Services
from workers.inspecting import inspect_batch
from workers.outbox import next_batch
from workers.pulse import NoProcess


async def stored_run(services: Services, files: Mapping[str, bytes] | None = None, **fields: Any) -> UUID:
    """Return a complete run of stored files: by default one picture; `lot` and `station` by name."""
    named = {"a.png": picture()} if files is None else files
    addresses = {name: await services.store.put(data) for name, data in named.items()}
    station, lot = fields.pop("station", None), fields.pop("lot", None)
    async with services.database.unit_of_work() as work:
        told = {"caller": "test", "priority": Priority.BATCH, **fields}
        lot_id = await work.parts.open_lot(lot) if lot else None
        run_id = await work.runs.create(NewRun(station_id=await work.plant.station_id(station), lot_id=lot_id, **told))
        for name, data in named.items():
            file_id = await work.runs.add_file(run_id, name, byte_count=len(data))
            assert await work.runs.store_file(file_id, addresses[name], len(data))
        await work.runs.complete(run_id)
        await work.commit()
    return run_id


def zipped(members: Sequence[tuple[str, bytes]] | Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of members, in their order, names taken as they are."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, data in members.items() if isinstance(members, Mapping) else members:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            with warnings.catch_warnings(action="ignore"):  # of two members of one name
                archive.writestr(info, data)
    return held.getvalue()


def pictures(count: int) -> dict[str, bytes]:
    """Pictures, each unlike any other."""
    return {f"part-{number:03}.png": picture() for number in range(count)}


async def shown(services: Services, run_id: UUID) -> RunSummary:
    async with services.database.session() as session:
        return await runs.summary(session, run_id)


async def files(services: Services, run_id: UUID, **wanted: Any) -> list[FileRow]:
    """The files and members of a run, as they came."""
    found: list[FileRow] = []
    cursor: str | None = None
    async with services.database.session() as session:
        while True:
            page = await runs.files(session, run_id, cursor=cursor, limit=500, **wanted)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found


async def inspections(services: Services, run_id: UUID) -> list[Inspection]:
    """The inspections of a run, as they came."""
    async with services.database.session() as session:
        wanted = select(Inspection).where(Inspection.run_id == run_id).order_by(Inspection.id)
        return list(await session.scalars(wanted))


async def outbox(services: Services) -> list[OutboxItem]:
    async with services.database.session() as session:
        return list(await session.scalars(select(OutboxItem).order_by(OutboxItem.inspection_id)))


async def inspect_everything(services: Services) -> None:
    """Be relay and worker until nothing waits that may begin now."""
    while (batch_id := await next_batch(services)) is not None:
        await inspect_batch(services, batch_id)


async def told(services: Services, run_id: UUID) -> list[tuple[str, str, str | None]]:
    """Name, state and code of every file of a run."""
    return [(each.name, each.state, each.error.code if each.error else None) for each in await files(services, run_id)]


class Calm(NoProcess):
    """A process that is told of nothing urgent."""

    def urgent_beyond(self, priority: int) -> bool:
        return False


class Killed(BaseException):
    """The worker ends here, as by SIGKILL: nothing is written any more."""


async def lose_leases(services: Services) -> None:
    """Let the time of every lease on a file be over."""
    async with services.database.unit_of_work() as work:
        gone = update(RunFile).where(RunFile.lease_token.is_not(None))
        await work.session.execute(gone.values(lease_until=text("now() - interval '1 minute'")))
        await work.commit()
