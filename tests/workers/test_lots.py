"""A lot is started once, with what fits; and it stands where the table of transitions lets it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from core.errors import LotTextInvalid
from core.lot_texts import LotTexts
from data.errors import IdempotencyMismatch, LotDisagrees, LotInUse, LotNotOpen, NotFound, NothingPublished
from data.queries import lots as lot_queries
from data.queries.lots import LotSummary
from data.repositories.recipes import Published
from data.tables import LOT_TRANSITIONS, Lot
from tests.data.locks import waited_for
from tests.data.rows import published, recipe
from tests.workers.queue_probe import picture
from workers import lots
from workers.capture import capture
from workers.composition import Services
from workers.intake import Particulars, accept
from workers.lots import LotStart, Started
from workers.recipes import create_draft

PLACES = {"variants": [{"name": "standard", "lines": [{"text": "{YYWW}"}, {"text": "LOT {lot:X5}"}]}]}
TEXTS = LotTexts(date="2431", lot="AB12C")


@pytest.fixture
async def version(services: Services) -> Published:
    return await published(services.database, recipe(**PLACES))


async def start(services: Services, code: str = "L1", **said: Any) -> Started:
    return await lots.start(services, LotStart(code, **{"recipe": "74LS00 DIP-14", "texts": TEXTS, **said}))


async def count(services: Services) -> int:
    async with services.database.session() as session:
        return await session.scalar(select(func.count()).select_from(Lot)) or 0


async def test_a_started_lot_says_what_it_binds(services: Services, version: Published) -> None:
    started = await start(services)
    assert started.new
    lot = started.lot
    assert (lot.code, lot.state, lot.station, lot.texts) == ("L1", "open", None, {"date": "2431", "lot": "AB12C"})
    assert lot.recipe is not None
    assert (lot.recipe.version_id, lot.recipe.version, lot.recipe.name) == (version.version_id, 1, "74LS00 DIP-14")
    assert lot.started_at is not None


async def test_one_key_is_for_one_request(services: Services, version: Published) -> None:
    said = LotStart("L1", recipe="74LS00 DIP-14", texts=TEXTS)
    first = await lots.start(services, said, key="k")
    assert await lots.start(services, said, key="k") == Started(first.lot, new=False)
    others = {"code": "L2"}, {"recipe": None}, {"texts": LotTexts(date="2432")}, {"station": "bench"}
    for other in (*others, {"recipe_version": version.version_id}):
        with pytest.raises(IdempotencyMismatch):
            await lots.start(services, replace(said, **other), key="k")
    assert await count(services) == 1
    assert (await lots.start(services, replace(said, code="L2"), key="k", caller="another")).new
    await accept(services, picture(), Particulars(idempotency_key="k2"))
    with pytest.raises(IdempotencyMismatch):
        await lots.start(services, replace(said, code="L3"), key="k2")


async def test_a_start_that_was_refused_binds_no_key(services: Services, version: Published) -> None:
    with pytest.raises(NotFound):
        await lots.start(services, LotStart("L1", recipe="none"), key="k")
    assert (await lots.start(services, LotStart("L1", recipe="74LS00 DIP-14", texts=TEXTS), key="k")).new


async def test_the_same_start_many_times_at_once_under_one_key_starts_once(
    services: Services, version: Published
) -> None:
    said = LotStart("L1", recipe="74LS00 DIP-14", texts=TEXTS)
    made = await asyncio.gather(*(lots.start(services, said, key="k") for _ in range(6)))
    assert sorted(each.new for each in made) == [False] * 5 + [True]
    assert await count(services) == 1


async def test_the_same_said_again_is_the_same_lot(services: Services, version: Published) -> None:
    first = await start(services)
    for said in ({}, {"recipe": "SN74LS00N"}, {"recipe": None, "recipe_version": version.version_id}):
        assert await start(services, **said) == Started(first.lot, new=False)
    assert await count(services) == 1


async def test_a_later_version_in_force_does_not_make_it_another_request(
    services: Services, version: Published
) -> None:
    first = await start(services)
    async with services.database.unit_of_work() as work:
        await work.recipes.begin_draft(version.recipe_id, recipe(manufacturer="later", **PLACES))
        await work.recipes.publish(version.recipe_id, revision=1, comment="")
        await work.commit()
    assert (await start(services)).lot == first.lot


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param({"texts": LotTexts(date="2432", lot="AB12C")}, "other texts", id="other texts"),
        pytest.param({"texts": LotTexts()}, "other texts", id="no texts"),
        pytest.param({"station": "bench"}, "another station", id="a station"),
        pytest.param({"recipe": "other"}, "another recipe", id="another recipe"),
        pytest.param({"recipe": None, "texts": LotTexts()}, "another recipe and texts", id="no recipe and no texts"),
    ],
)
async def test_other_content_is_refused(
    services: Services, version: Published, said: dict[str, Any], words: str
) -> None:
    first = await start(services)
    await published(services.database, recipe("other", part_number="", **PLACES))
    with pytest.raises(LotDisagrees, match=words):
        await start(services, **said)
    async with services.database.session() as session:
        assert await lot_queries.summary(session, "L1") == first.lot


async def test_a_lot_started_by_many_at_once_is_started_once(services: Services, version: Published) -> None:
    said = [{"texts": LotTexts(date=date, lot="AB12C")} for date in ("2431", "2432")] * 4
    done = await asyncio.gather(*(start(services, **one) for one in said), return_exceptions=True)
    started = [one for one in done if isinstance(one, Started)]
    assert sum(one.new for one in started) == 1
    assert len({one.lot.texts["date"] for one in started}) == 1
    assert [type(one) for one in done if one not in started] == [LotDisagrees] * 4


async def test_a_lot_that_pictures_named_can_be_started(services: Services, version: Published) -> None:
    await accept(services, picture(), Particulars(lot="L1"))
    assert (await start(services)).new
    assert await count(services) == 1


async def test_a_lot_needs_no_recipe(services: Services) -> None:
    lot = (await start(services, recipe=None, texts=LotTexts())).lot
    assert (lot.recipe, lot.texts) == (None, {})


@pytest.mark.parametrize(
    ("said", "error"),
    [
        pytest.param({"texts": LotTexts(lot="AB12")}, LotTextInvalid, id="a text that does not fit"),
        pytest.param({"texts": LotTexts(trace="7")}, LotTextInvalid, id="a text without a place"),
        pytest.param({"recipe": None}, LotTextInvalid, id="texts without a recipe"),
        pytest.param({"recipe": "none such"}, NotFound, id="an unknown recipe"),
        pytest.param({"station": "none such"}, NotFound, id="an unknown station"),
        pytest.param({"recipe": "drafted"}, NothingPublished, id="a recipe never published"),
        pytest.param({"recipe": None, "recipe_version": uuid4()}, NotFound, id="an unknown version"),
    ],
)
async def test_a_start_that_does_not_fit_leaves_nothing(
    services: Services, version: Published, said: dict[str, Any], error: type[Exception]
) -> None:
    await create_draft(services, recipe("drafted", part_number="").to_document())
    with pytest.raises(error):
        await start(services, **said)
    assert await count(services) == 0


async def test_a_draft_judges_no_lot(services: Services) -> None:
    draft = await create_draft(services, recipe(**PLACES).to_document())
    with pytest.raises(NothingPublished, match="draft"):
        await start(services, recipe=None, recipe_version=draft.version_id)


MOVES = {"open": lots.release, "hold": lots.hold, "closed": lots.close}


async def moved(services: Services, to: str, reason: str = "because") -> LotSummary:
    return await MOVES[to](services, "L1", reason=reason)


@pytest.mark.parametrize("origin", LOT_TRANSITIONS)
@pytest.mark.parametrize("goal", LOT_TRANSITIONS)
async def test_a_lot_goes_where_the_table_lets_it(services: Services, origin: str, goal: str) -> None:
    await start(services, recipe=None, texts=LotTexts())
    if origin != "open":
        await moved(services, origin, "first")
    if goal in LOT_TRANSITIONS[origin]:  # type: ignore[index]
        lot = await moved(services, goal, "then")
        assert (lot.state, lot.reason, lot.closed_at is not None) == (goal, "then", goal == "closed")
    elif goal == origin:
        assert (await moved(services, goal, "again")).reason == ("" if origin == "open" else "first")
    else:
        with pytest.raises(LotNotOpen, match=r"is closed and cannot be (open|on hold) any more"):
            await moved(services, goal)


async def test_a_lot_is_found_by_its_code_or_its_id(services: Services) -> None:
    lot = (await start(services, recipe=None, texts=LotTexts())).lot
    assert (await lots.hold(services, str(lot.id), reason="r")).state == "hold"
    assert (await lots.hold(services, "L1", reason="r")).id == lot.id
    for unknown in ("L2", str(uuid4())):
        with pytest.raises(NotFound, match="There is no lot"):
            await lots.close(services, unknown)


async def test_a_closed_lot_cannot_be_started(services: Services) -> None:
    await accept(services, picture(), Particulars(lot="L1"))
    await lots.close(services, "L1")
    with pytest.raises(LotNotOpen, match="closed and cannot be started"):
        await start(services, recipe=None, texts=LotTexts())


async def test_a_lot_that_a_picture_names_is_not_deleted_under_it(services: Services) -> None:
    await lots.start(services, LotStart("L1"))
    async with services.database.unit_of_work() as work:
        taken_over = await capture(work, lot="L1")
        deleting = asyncio.create_task(lots.delete(services, "L1"))
        await waited_for(services.database)
        await work.parts.begin_attempt(taken_over.lot_id, "S1")
        await work.commit()
    with pytest.raises(LotInUse):
        await deleting
