"""A record of the spool that cannot be written stands in nobody's way, and none is given up for the world's fault."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from data import embedded_urls
from data.errors import StoreError
from data.outage import AWAY
from data.settings import Settings
from data.store import ImageStore
from tests.gate import Gate
from tests.workers.conftest import Behind
from tests.workers.queue_probe import picture
from tests.workers.test_catching_up import found
from workers.catching_up import MOST_AS_FAILED, MOST_AS_MEANT, MOST_REST_S, UNFIT, CatchingUp
from workers.composition import Services
from workers.intake import Particulars, accept


class Clock:
    """A monotonic clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def rest(self) -> None:
        self.now += MOST_REST_S


class Sick:
    """An image store in which nothing can be found out about one address."""

    def __init__(self, well: ImageStore, address: str) -> None:
        self._well, self._address = well, address

    def __getattr__(self, name: str) -> object:
        return getattr(self._well, name)

    async def exists(self, address: str) -> bool:
        if address == self._address:
            raise StoreError("Input/output error")
        return await self._well.exists(address)


def said_anew(services: Services, id_: UUID, **changes: object) -> None:
    """Let a record say something else, as another version of the program might."""
    record = services.spool.get(id_)
    assert record is not None
    services.spool.done(record)
    services.spool.add(replace(record, said={**record.said, **changes}))


async def test_what_can_be_written_in_no_form_is_moved_aside_and_the_others_go_on(
    behind: Behind, database: Gate
) -> None:
    services, told = behind(), Particulars(lot="L")
    await database.close()
    bad, good = [await accept(services, picture(), told) for _ in range(2)]
    said_anew(services, bad, pictures=[])
    await database.open()
    await CatchingUp(services).turn()
    assert (await found(services, good)).state == "received"
    assert (services.spool.usage().items, services.spool.usage().aside) == (0, 1)


async def test_what_fails_for_ever_holds_up_its_own_line_for_a_while_and_is_kept_as_failed(
    behind: Behind, database: Gate
) -> None:
    services, clock = behind(), Clock()
    await database.close()
    bad, second, other = [await accept(services, picture(), Particulars(lot=lot)) for lot in ("L", "L", "M")]
    await database.open()
    record = services.spool.get(bad)
    assert record is not None
    services.store = Sick(services.store, record.said["addresses"][0])  # type: ignore[assignment]
    catching_up = CatchingUp(services, clock=clock)
    assert [await catching_up.turn() for _ in range(3)] == [1, 0, 0]  # it rests
    assert (await found(services, other)).state == "received"
    assert services.spool.usage().items == 2
    for _ in range(MOST_AS_MEANT - 1):
        clock.rest()
        assert await catching_up.turn() == 0
    clock.rest()
    assert await catching_up.turn() == 2
    item = await found(services, bad)
    assert (item.state, item.error and item.error.code) == ("failed", UNFIT)
    assert (await found(services, second)).state == "received"
    assert (services.spool.usage().items, services.spool.usage().aside) == (0, 0)


@pytest.mark.parametrize("count", [1, 5], ids=["one", "several"])
async def test_nothing_is_given_up_while_the_database_takes_no_writes(
    behind: Behind, database: Gate, postgres: Settings, count: int
) -> None:
    """As a standby that is about to be promoted does, and many a hosted database when its disk is full."""
    services, clock = behind(), Clock()
    catching_up = CatchingUp(services, clock=clock)
    await _let_write(postgres, database, allowed=False)
    try:
        ids = [await accept(services, picture(), Particulars(unit_serial=str(number))) for number in range(count)]
        for _ in range(MOST_AS_FAILED + 2):
            clock.rest()
            assert await catching_up.turn() == 0
    finally:
        await _let_write(postgres, database, allowed=True)
    clock.rest()
    assert await catching_up.turn() == count
    assert {(await found(services, id_)).state for id_ in ids} == {"received"}


async def test_a_database_that_goes_away_in_the_middle_blames_nobody(behind: Behind, database: Gate) -> None:
    services, clock = behind(), Clock()
    catching_up = CatchingUp(services, clock=clock)
    await database.close()
    ids = [await accept(services, picture(), Particulars(lot="L")) for _ in range(3)]
    for _ in range(MOST_AS_FAILED + 2):
        clock.rest()
        with pytest.raises(AWAY):
            await catching_up.turn()
    await database.open()
    assert await catching_up.turn() == 3
    assert {(await found(services, id_)).state for id_ in ids} == {"received"}


async def _let_write(postgres: Settings, database: Gate, *, allowed: bool) -> None:
    connection = await asyncpg.connect(embedded_urls.postgres_url(postgres.home, embedded_urls.SUPERUSER))
    mode = "off" if allowed else "on"
    await connection.execute(f"ALTER ROLE {embedded_urls.APP_ROLE} SET default_transaction_read_only = {mode}")
    await connection.close()
    await database.close()  # what is connected keeps what it has
    await database.open()
