"""What a part costs beside its inspection: thousands of parts in the outbox, and workers whose reader costs nothing.

The parts are written in one transaction while the workers stand idle; then the clock runs until the last one is off the
outbox. Time is told as it passes, and as the processor spent it, by process. The parts have no recipe: verifying
belongs to the inspection, and is left out with it.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import cv2
import numpy as np
from sqlalchemy import func, insert, select

from core.image import probe
from data.channels import OUTBOX
from data.database import Database
from data.priorities import Priority
from data.repositories.images import Picture
from data.tables import Inspection, InspectionImage, OutboxItem, Result, Unit
from workers import heartbeat
from workers.bench import processor
from workers.bench.stage import Stage, staged
from workers.composition import Services, compose

WORKER = "workers.bench.free_reader"
PICTURES = 64
SIDE_PX = 48
WARM = 64
POLL_S = 0.01
PATIENCE_S = 300.0
PROCESSES = ("worker", "relay", "postgres", "valkey")


@dataclass(frozen=True)
class Drained:
    """How long it took until all parts were judged, what of it an inspection says it took, and each process's time."""

    parts: int
    workers: int
    wall_s: float
    inference_s: float
    processor_s: Mapping[str, float]

    @property
    def queue_ms_per_part(self) -> float:
        """A worker's time for a part, in ms, less the inspection itself."""
        return 1000 * (self.wall_s * self.workers / self.parts - self.inference_s)

    @property
    def parts_per_s(self) -> float:
        """Parts a second, all workers together."""
        return self.parts / self.wall_s

    def processor_ms(self, name: str) -> float:
        """Processor time a part, in ms, of the processes called so."""
        return 1000 * self.processor_s[name] / self.parts


def written(folder: Path, count: int) -> list[Path]:
    """Write the small pictures as files, for a peer that reads files; return so many paths, the same ones in turn."""
    paths = [folder / f"free-{number}.png" for number in range(PICTURES)]
    for number, path in enumerate(paths):
        path.write_bytes(_picture(number))
    return [paths[place % PICTURES] for place in range(count)]


def _picture(number: int) -> bytes:
    return cv2.imencode(".png", np.full((SIDE_PX, SIDE_PX, 3), number, np.uint8))[1].tobytes()


async def drained(home: Path, *, parts: int, workers: int, rest_ms: float = 0.0) -> Drained:
    """Let `workers` drain an outbox of `parts`; their reader takes `rest_ms`, and none of this machine's processor.

    Raises:
        TimeoutError: they did not.
    """
    async with staged(home, workers=workers, command=(WORKER, "--rest-ms", f"{rest_ms:g}")) as stage:
        services = compose(stage.settings)
        try:
            await _all_there(services, workers)
            images = await _pictures(services)
            await _through(services, images, WARM * workers)
            before = _processor(stage)
            wall_s, ids = await _through(services, images, parts)
            spent = {name: seconds - before[name] for name, seconds in _processor(stage).items()}
            return Drained(parts, workers, wall_s, await _inference_s(services, ids), spent)
        finally:
            await services.close()


async def _all_there(services: Services, workers: int) -> None:
    """Wait until every worker has shown that it lives, and what the program begins with is inspected."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            living = await asyncio.to_thread(heartbeat.living, services.queue.connection)
            if sum(each.role == "worker" for each in living) >= workers and not await _waiting(services.database):
                return
            await asyncio.sleep(0.2)


async def _waiting(database: Database) -> bool:
    async with database.session() as session:
        return await session.scalar(select(OutboxItem.inspection_id).limit(1)) is not None


async def _pictures(services: Services) -> list[UUID]:
    """Keep a few small pictures; return the ids of their rows."""
    kept = []
    async with services.database.unit_of_work() as work:
        for number in range(PICTURES):
            data = _picture(number)
            facts, address = probe(data, services.image_limits), await services.store.put(data)
            picture = Picture(address, facts.media_type, facts.width_px, facts.height_px, len(data))
            kept.append(await work.images.add(picture))
        await work.commit()
    return kept


async def _through(services: Services, images: Sequence[UUID], count: int) -> tuple[float, list[UUID]]:
    """Write so many parts; return the seconds until none waits any more, and their ids."""
    ids = await _filled(services, images, count)
    started = time.perf_counter()
    async with asyncio.timeout(PATIENCE_S):
        while await _waiting(services.database):  # noqa: ASYNC110 - other processes do the work
            await asyncio.sleep(POLL_S)
    return time.perf_counter() - started, ids


async def _filled(services: Services, images: Sequence[UUID], count: int) -> list[UUID]:
    """Write parts that wait, in one transaction, as intake would one by one."""
    new_id, now = services.database.ids, services.clock()
    async with services.database.unit_of_work() as work:
        station_id = await work.plant.station_id(None)
        ids, units = [new_id() for _ in range(count)], [new_id() for _ in range(count)]
        common = {"station_id": station_id, "captured_at": now, "attempt": 1}
        rows = [
            {"id": id_, "unit_id": unit, "priority": int(Priority.BATCH), **common}
            for id_, unit in zip(ids, units, strict=True)
        ]
        pictured = [
            {"inspection_id": id_, "position": 0, "image_id": images[place % len(images)]}
            for place, id_ in enumerate(ids)
        ]
        await work.session.execute(insert(Unit), [{"id": unit, "attempts": 1} for unit in units])
        await work.session.execute(insert(Inspection), rows)
        await work.session.execute(insert(InspectionImage), pictured)
        await work.session.execute(
            insert(OutboxItem), [{"inspection_id": id_, "priority": int(Priority.BATCH)} for id_ in ids]
        )
        await work.notify(OUTBOX, {"priority": int(Priority.BATCH)})
        await work.commit()
    return ids


async def _inference_s(services: Services, ids: Sequence[UUID]) -> float:
    """Return the mean seconds that inspections say they took; every one of them must have a result."""
    async with services.database.session() as session:
        found = list(await session.scalars(select(Result.seconds).where(Result.inspection_id.in_(ids))))
        count = await session.scalar(select(func.count()).select_from(Result).where(Result.inspection_id.in_(ids)))
    if count != len(ids):
        raise RuntimeError(f"expected {len(ids)} results, got {count}")
    return statistics.fmean(sum(seconds.values()) for seconds in found)


def _processor(stage: Stage) -> dict[str, float]:
    pids = stage.pids()
    return {
        name: sum(processor.seconds_of(pid) for part, pid in pids.items() if part.split("-")[0] == name)
        for name in PROCESSES
    }
