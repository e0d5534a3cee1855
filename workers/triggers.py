"""Counting what a station says of its triggers."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from data.queries import plant
from data.unit_of_work import UnitOfWork
from workers.composition import Services

ABOUT = "triggers"


async def count_triggers(
    services: Services,
    station: str,
    count: int,
    *,
    at: datetime | None = None,
    key: str | None = None,
    caller: str = "local",
) -> bool:
    """Count `count` more triggers of a station (its id or name) in the hour of `at`; None: now.

    False if the same request came before, under its `key`, and is counted already.

    Raises:
        NotFound: there is no such station.
        IdempotencyMismatch: the key came before, with another request.
    """
    async with services.database.unit_of_work() as work:
        station_id = (await plant.station(work.session, station)).id
        told = [ABOUT, str(station_id), count, at.isoformat() if at else None]
        if not await _is_new(work, caller, key, hashlib.sha256(json.dumps(told).encode()).digest()):
            return False
        await work.triggers.add(station_id, at or services.clock(), count)
        await work.commit()
    return True


async def _is_new(work: UnitOfWork, caller: str, key: str | None, digest: bytes) -> bool:
    return key is None or await work.idempotency.say(caller, key, digest)
