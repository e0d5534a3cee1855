"""The numbers that a station gives its pictures tell which lack, and which came again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data.database import Database
from data.queries.trigger_numbers import GAPS_SHOWN, Gap, trigger_numbers
from tests.data.rows import add_inspection


@pytest.mark.parametrize(
    ("numbers", "missing", "repeated", "gaps"),
    [
        pytest.param([7], 0, 0, [], id="one"),
        pytest.param([5, 3, 4], 0, 0, [], id="in any order"),
        pytest.param([1, 2, 5, 9], 5, 0, [Gap(3, 4), Gap(6, 8)], id="gaps"),
        pytest.param([1, 2, 2, 2, 4], 1, 2, [Gap(3, 3)], id="again"),
        pytest.param([None, 4, None, 5], 0, 0, [], id="some say none"),
        pytest.param([0, 2**62], 2**62 - 1, 0, [Gap(1, 2**62 - 1)], id="huge"),
    ],
)
async def test_gaps_in_trigger_numbers_are_told(
    database: Database, numbers: list[int | None], missing: int, repeated: int, gaps: list[Gap]
) -> None:
    async with database.unit_of_work() as work:
        for number in numbers:
            await add_inspection(work, trigger_number=number)
        station_id = await work.plant.station_id(None)
        await work.commit()
    now = datetime.now(tz=UTC)
    async with database.session() as session:
        found = await trigger_numbers(session, station_id, now - timedelta(hours=1), now + timedelta(hours=1))
    assert (found.missing, found.repeated, list(found.gaps)) == (missing, repeated, gaps)


async def test_of_very_many_gaps_the_first_are_shown_and_all_are_counted(database: Database) -> None:
    async with database.unit_of_work() as work:
        for number in range(0, 2 * GAPS_SHOWN + 4, 2):
            await add_inspection(work, trigger_number=number)
        station_id = await work.plant.station_id(None)
        await work.commit()
    now = datetime.now(tz=UTC)
    async with database.session() as session:
        found = await trigger_numbers(session, station_id, now - timedelta(hours=1), now + timedelta(hours=1))
    assert (len(found.gaps), found.gaps[0], found.missing) == (GAPS_SHOWN, Gap(1, 1), GAPS_SHOWN + 1)
