"""What must be done every day for all days to go on alike; the relay sees to it."""

from __future__ import annotations

import logging

from data.partitions import ensure_partitions
from workers import runs
from workers.collecting import collect
from workers.composition import Services

log = logging.getLogger(__name__)

EVERY_S = 24 * 3600.0
AGAIN_S = 600.0
"""After so long, what was broken off is tried again."""


async def upkeep(services: Services) -> None:
    """Make the partitions of the months ahead, and forget idempotency keys that nobody will repeat.

    Harmless at any time, and by several at once.
    """
    async with services.database.engine.begin() as connection:
        made = await ensure_partitions(connection, services.clock())
    async with services.database.unit_of_work() as work:
        forgotten = await work.idempotency.forget_old()
        await work.commit()
    log.info("upkeep: %d partitions made, %d idempotency keys forgotten", len(made), forgotten)


async def tidy(services: Services) -> None:
    """Give up uploads that were begun and left, and remove bytes from the image store that no row names.

    Harmless at any time, and by several at once. Raises what the database or the store raises when it is away.
    """
    given_up = await runs.give_up_abandoned(services)
    collected = await collect(services)
    log.info("upkeep: %d uploads given up, %d blobs removed", given_up, collected.removed)
