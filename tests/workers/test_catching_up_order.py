"""What comes in once the database is back waits behind what is spooled of its lot or unit, and behind nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from data.errors import IdempotencyMismatch, NotFound
from data.tables import Inspection, Unit
from tests.gate import Gate
from tests.workers.conftest import Behind
from tests.workers.queue_probe import picture
from workers.catching_up import CatchingUp
from workers.composition import Services
from workers.errors import SpoolFull
from workers.intake import Particulars, accept
from workers.intake_together import accept_together, arrival

MOST = 1000


async def written(services: Services) -> dict[UUID, int]:
    """Return the inspections that are written, with their attempts."""
    async with services.database.session() as session:
        return dict(map(tuple, await session.execute(select(Inspection.id, Inspection.attempt))))


LINES = [
    pytest.param(Particulars(lot="L", unit_serial="S"), id="unit of a lot"),
    pytest.param(Particulars(unit_serial="S"), id="unit of no lot"),
    pytest.param(Particulars(carrier="T", row=2, column=3), id="seat"),
]


@pytest.mark.parametrize("told", LINES)
async def test_attempts_are_numbered_as_they_were_captured(behind: Behind, database: Gate, told: Particulars) -> None:
    services, other = behind(), behind()
    await database.close()
    ids = [await accept(services, picture(), told) for _ in range(3)]
    await database.open()
    ids += [await accept(each, picture(), told) for each in (services, other, services)]
    assert await written(services) == {}
    assert await CatchingUp(other).turn() == 6
    ids.append(await accept(services, picture(), told))
    found = await written(services)
    assert [found[id_] for id_ in ids] == list(range(1, 8))
    assert services.spool.usage().items == 0


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(Particulars(lot="other", unit_serial="S"), id="another lot"),
        pytest.param(Particulars(unit_serial="S"), id="the same serial in no lot"),
        pytest.param(Particulars(carrier="L", row=1, column=1), id="a carrier of the lot's name"),
        pytest.param(Particulars(), id="a loose part"),
    ],
)
async def test_nobody_else_waits_for_them(behind: Behind, database: Gate, told: Particulars) -> None:
    services = behind(spool_max_items=2)
    await database.close()
    first = await accept(services, picture(), Particulars(lot="L"))
    await database.open()
    second = await accept(services, picture(), Particulars(lot="L"))
    with pytest.raises(SpoolFull):
        await accept(services, picture(), Particulars(lot="L"))
    id_ = await accept(services, picture(), told)
    assert set(await written(services)) == {id_}
    await CatchingUp(services).turn()
    assert set(await written(services)) == {id_, first, second}


async def test_whoever_must_wait_is_checked_and_known_again_all_the_same(behind: Behind, database: Gate) -> None:
    services, data = behind(), picture()
    told = Particulars(lot="L", idempotency_key="k")
    before = await accept(services, data, told)
    await database.close()
    await accept(services, picture(), Particulars(lot="L"))
    await database.open()
    assert await accept(services, data, told) == before
    with pytest.raises(IdempotencyMismatch):
        await accept(services, picture(), told)
    with pytest.raises(NotFound):
        await accept(services, picture(), Particulars(lot="L", recipe="nobody's"))
    again = replace(told, idempotency_key="later")
    later = await accept(services, data, again)
    assert later == await accept(services, data, again) != before
    assert services.spool.usage().items == 2
    await CatchingUp(services).turn()
    assert await accept(services, data, again) == later


async def test_a_line_that_goes_on_without_a_pause_is_caught_up_with(behind: Behind, database: Gate) -> None:
    """Each picture is sent when the one before was taken; sooner or later one finds nobody before it."""
    services, other = behind(), behind()
    told = Particulars(lot="L", unit_serial="S")
    await database.close()
    ids = [await accept(services, picture(), told) for _ in range(40)]
    await database.open()
    async with CatchingUp(services).running(), CatchingUp(other).running():
        while len(ids) < MOST:
            ids.append(await accept((services, other)[len(ids) % 2], picture(), told))
            if not services.spool.usage().items:
                break
    assert len(ids) < MOST
    found = await written(services)
    assert [found[id_] for id_ in ids] == list(range(1, len(ids) + 1))


async def test_the_database_may_go_away_again_and_again_in_the_middle(behind: Behind, database: Gate) -> None:
    services = behind()
    told, ids = Particulars(lot="L", unit_serial="S"), list[UUID]()
    async with CatchingUp(services).running():
        for _ in range(4):
            await database.close()
            ids += [await accept(services, picture(), told) for _ in range(15)]
            await database.open()
            ids += [await accept(services, picture(), told) for _ in range(3)]
        async with asyncio.timeout(30):
            while services.spool.usage().items:  # noqa: ASYNC110 - written by a task that has no signal
                await asyncio.sleep(0.05)
    found = await written(services)
    assert [found[id_] for id_ in ids] == list(range(1, len(ids) + 1))
    async with services.database.session() as session:
        assert (await session.scalars(select(Unit.attempts))).one() == len(ids)


async def test_those_that_come_in_together_wait_too(behind: Behind, database: Gate) -> None:
    services = behind()
    await database.close()
    await accept(services, picture(), Particulars(lot="L"))
    await database.open()
    told = [Particulars(lot=lot, idempotency_key=f"{lot}{number}") for number, lot in enumerate("LLMM")]
    arrivals = [arrival(services, picture(), each) for each in told]
    accepted = await accept_together(services, [each for each in arrivals if each is not None])
    assert [each.intended.particulars.lot for each in accepted] == ["M", "M"]
