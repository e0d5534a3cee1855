"""What a picture takes over from its lot is fixed when it comes in, and what is said beside it must agree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core.lot_texts import LotTexts
from data.errors import LotDisagrees, LotNotOpen, NotFound, PartAmbiguous
from data.repositories.recipes import Published
from data.tables import Inspection, Lot
from tests.data.rows import published, recipe
from tests.workers.queue_probe import picture
from workers import lots
from workers.capture import Capture, capture
from workers.composition import Services
from workers.intake import Particulars, accept
from workers.lots import LotStart

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PATTERNED = {"variants": [{"name": "standard", "lines": [{"text": "{YYWW}"}]}]}
TEXTS = {"date": "2431"}


async def captured(services: Services, **said: Any) -> Capture:
    async with services.database.unit_of_work() as work:
        found = await capture(work, **said)
        await work.commit()
    return found


async def station(services: Services, name: str) -> UUID:
    async with services.database.unit_of_work() as work:
        id_ = await work.plant.add_station(name, line="bench", site="bench")
        await work.commit()
    return id_


@pytest.fixture
async def version(services: Services) -> Published:
    """The version that the lot L1, started at the station AOI-1 with a date, binds; another part shares its number."""
    made = await published(services.database, recipe(part_number="SN74LS00N", **PATTERNED))
    await published(services.database, recipe("special", part_number="SN74LS00N"))
    await station(services, "AOI-1")
    await station(services, "AOI-2")
    said = LotStart("L1", "AOI-1", recipe_version=made.version_id, texts=LotTexts(**TEXTS))
    await lots.start(services, said)
    return made


async def test_nothing_said_is_the_bench_and_no_recipe(services: Services) -> None:
    found = await captured(services)
    assert (found.lot_id, found.recipe_version_id, found.lot_texts, found.lot_on_hold) == (None, None, None, False)
    assert found == await captured(services), "and the bench is made once"


async def test_a_lot_that_is_merely_named_is_begun_and_binds_nothing(services: Services) -> None:
    first = await captured(services, lot="L9")
    assert first.lot_id is not None
    assert (first.recipe_version_id, first.lot_texts, first.lot_on_hold) == (None, None, False)
    assert await captured(services, lot="L9") == first


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"recipe": "74LS00 DIP-14"}, id="the lot's recipe"),
        pytest.param({"recipe": "sn74ls00n"}, id="its part number, though another recipe has it too"),
        pytest.param({"part_number": "SN74LS00N"}, id="its part number, as such"),
        pytest.param({"station": "AOI-1"}, id="its station"),
    ],
)
async def test_a_started_lot_says_what_is_not_said(
    services: Services, version: Published, said: dict[str, str]
) -> None:
    found = await captured(services, lot="L1", **said)
    assert found.recipe_version_id == version.version_id
    assert found.station_id == await station(services, "AOI-1")
    assert (found.lot_texts, found.lot_on_hold) == (TEXTS, False)


async def test_the_version_that_was_bound_judges_after_a_later_one_was_published(
    services: Services, version: Published
) -> None:
    async with services.database.unit_of_work() as work:
        await work.recipes.begin_draft(version.recipe_id, recipe(manufacturer="later", **PATTERNED))
        await work.recipes.publish(version.recipe_id, revision=1, comment="")
        await work.commit()
    for said in ({}, {"recipe": "74LS00 DIP-14"}, {"recipe": str(version.recipe_id)}):
        assert (await captured(services, lot="L1", **said)).recipe_version_id == version.version_id


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        pytest.param({"recipe": "special"}, LotDisagrees, "started with the recipe 74LS00 DIP-14", id="another recipe"),
        pytest.param({"recipe": "none such"}, LotDisagrees, "names none such", id="a recipe that there is not"),
        pytest.param({"part_number": "NE555"}, LotDisagrees, "names NE555", id="another part"),
        pytest.param({"station": "AOI-2"}, LotDisagrees, "started at the station AOI-1", id="another station"),
        pytest.param({"station": "AOI-9"}, NotFound, "AOI-9", id="a station that there is not"),
    ],
)
async def test_what_does_not_agree_with_the_lot_is_refused(
    services: Services, version: Published, said: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        await captured(services, lot="L1", **said)


async def test_without_a_lot_an_ambiguous_part_stays_ambiguous(services: Services, version: Published) -> None:
    with pytest.raises(PartAmbiguous):
        await captured(services, part_number="SN74LS00N")


async def test_a_lot_on_hold_takes_parts_and_says_so(services: Services, version: Published) -> None:
    await lots.hold(services, "L1", reason="smeared")
    assert (await captured(services, lot="L1")).lot_on_hold
    await lots.release(services, "L1", reason="cleaned")
    assert not (await captured(services, lot="L1")).lot_on_hold


async def test_a_closed_lot_takes_what_was_taken_before_and_nothing_else(
    services: Services, version: Published
) -> None:
    await lots.close(services, "L1")
    async with services.database.session() as session:
        closed_at = await session.scalar(select(Lot.closed_at))
    assert closed_at is not None
    for moment in (None, closed_at, closed_at + timedelta(hours=1)):
        with pytest.raises(LotNotOpen, match="L1 takes no more parts"):
            await captured(services, lot="L1", captured_at=moment)
    assert (await captured(services, lot="L1", captured_at=closed_at - timedelta(seconds=1))).lot_texts == TEXTS


async def test_what_was_taken_over_stays_whatever_becomes_of_the_lot(services: Services, version: Published) -> None:
    await lots.hold(services, "L1", reason="smeared")
    id_ = await accept(services, picture(), Particulars(lot="L1"))
    await lots.release(services, "L1", reason="cleaned")
    await lots.close(services, "L1")
    async with services.database.session() as session:
        kept = await session.get_one(Inspection, id_)
    assert (kept.lot_on_hold, kept.lot_texts, kept.recipe_version_id) == (True, TEXTS, version.version_id)


async def test_seat_and_trigger_are_kept(services: Services) -> None:
    told = Particulars(lot="L9", carrier="T1", row=2, column=3, trigger_number=77)
    first, second = [await accept(services, picture(), told) for _ in range(2)]
    async with services.database.session() as session:
        kept = [await session.get_one(Inspection, id_) for id_ in (first, second)]
    assert [one.attempt for one in kept] == [1, 2]
    assert kept[0].unit_id == kept[1].unit_id
    assert kept[0].trigger_number == 77
