"""What must be done every day for all days to go on alike; the relay's process sees to it, beside its work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from data.errors import StoreError
from data.outage import AWAY
from data.partitions import ensure_partitions
from workers import runs, signing_in, throttling
from workers.collecting import collect
from workers.composition import Services
from workers.seen_twice import SeenTwice

log = logging.getLogger(__name__)

Chore = Callable[[Services], Awaitable[None]]

EVERY_S = 24 * 3600.0
AGAIN_S = 60.0
"""After a failure: a long query may have kept a month from being made, or the database or the store was away."""


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


async def forget_sign_ins(services: Services) -> None:
    """Forget the sign-ins that have long been over, and the failures to sign in that count no more."""
    over, failures = await signing_in.forget_old(services), await throttling.forget_old(services)
    log.info("upkeep: %d sign-ins and %d failures to sign in forgotten", over, failures)


class Tidying:
    """Gives up uploads that were begun and left, and removes bytes from the image store that no row names.

    What seems old is left at the first sight of it: a clock that was set ahead makes everything old.
    """

    def __init__(self) -> None:
        self._runs, self._blobs = SeenTwice(), SeenTwice()

    async def __call__(self, services: Services) -> None:
        """Look once, and remove what was seen the last time too. Harmless at any time, and by several at once.

        Raises what the database or the store raises when it is away.
        """
        given_up = await runs.give_up_abandoned(services, self._runs.agrees)
        collected = await collect(services, agrees=self._blobs.agrees)
        self._runs.end()
        self._blobs.end()
        log.info("upkeep: %d uploads given up, %d blobs removed", given_up, collected.removed)


def chores() -> tuple[Chore, ...]:
    """Return the chores. Each goes on by itself: looking through a large store keeps no month from being made."""
    return (upkeep, Tidying(), forget_sign_ins)


async def for_ever(services: Services, chore: Chore = upkeep, *, again_s: float = AGAIN_S) -> None:
    """See to a chore now and every day; what fails is said, and tried again after `again_s`."""
    while True:
        try:
            await chore(services)
        except (SQLAlchemyError, StoreError, *AWAY) as error:
            log.warning("upkeep was not done, and is tried again in %g s: %s", again_s, str(error).partition("\n")[0])
            await asyncio.sleep(again_s)
        else:
            await asyncio.sleep(EVERY_S)
