"""The trail of the row in view: read with the names of what it refers to, looked at again, left."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest

from dashboard.models.trail import TrailModel
from dashboard.pages.away import LOOKS
from dashboard.pages.context import PageContext
from dashboard.pages.inspection import InspectionPage
from dashboard.pages.plant import PlantPage
from dashboard.pages.reads import PageReads
from dashboard.pages.trail import RowTrail
from data import embedded_urls
from data.acting import Actor, acting_as
from data.settings import Settings
from workers import lots
from workers.composition import Services
from workers.lots import LotStart

NOWHERE = "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"


@pytest.fixture
async def trail(services: Services) -> RowTrail:
    return RowTrail(services, TrailModel())


@pytest.fixture
async def superuser(services: Services, postgres: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(embedded_urls.postgres_url(postgres.home, embedded_urls.SUPERUSER))
    await connection.execute("SET marksight.actor = 'user:ada'")
    yield connection
    await connection.close()


async def moved(superuser: asyncpg.Connection, inspection_id: str, state: str, code: str | None = None) -> None:
    """Move an inspection by hand, as its result would not let the program."""
    await superuser.execute(
        "UPDATE inspections SET state = $2, error_code = $3 WHERE id = $1", UUID(inspection_id), state, code
    )


async def test_an_inspection_tells_its_story(trail: RowTrail, judged: list[str]) -> None:
    assert await trail.look(judged[2])
    verdict, came = trail.model.entries
    assert verdict.words == "Judged pass by recipe MC74HC32AN DIP-14 version 1"
    assert (came.words, came.detail) == (
        "Came in from station bench",
        "To be judged by recipe MC74HC32AN DIP-14 version 1.",
    )
    assert (came.who, trail.model.row_id, trail.model.cursor) == ("tester", judged[2], None)


async def test_who_did_it_and_how_does_not_leave_the_server_for_those_who_may_not_read_the_trail(
    services: Services, judged: list[str]
) -> None:
    trail = RowTrail(services, TrailModel(), whole=False)
    await trail.look(judged[2])
    verdict, came = (entry.document() for entry in trail.model.entries)
    assert (verdict["words"], came["words"]) == (
        "Judged pass by recipe MC74HC32AN DIP-14 version 1",
        "Came in from station bench",
    )
    for entry in (verdict, came):
        assert [entry[name] for name in ("who", "actor", "request_id", "place", "changes")] == ["", "", "", "", []]
    assert trail.title == "History"


async def test_one_that_no_recipe_judged_says_so(trail: RowTrail, judged: list[str]) -> None:
    await trail.look(judged[0])
    assert [entry.words for entry in trail.model.entries] == [
        "Read, and judged by no recipe",
        "Came in from station bench",
    ]


async def test_it_is_told_whether_there_is_anything_new(
    trail: RowTrail, judged: list[str], superuser: asyncpg.Connection
) -> None:
    assert [await trail.look(judged[2]), await trail.look(judged[2])] == [True, False]
    await moved(superuser, judged[2], "failed", "WORKER_LOST")
    assert [await trail.look(judged[2]), await trail.look(judged[2])] == [True, False]
    assert trail.model.entries[0].words == "Failed: WORKER_LOST"
    assert [await trail.look(judged[1]), await trail.look(judged[2])] == [True, True]


async def test_another_row_takes_the_place_of_the_one_before(trail: RowTrail, judged: list[str]) -> None:
    await trail.look(judged[2])
    before = {entry.id for entry in trail.model.entries}
    await trail.look(judged[1])
    assert trail.model.row_id == judged[1]
    assert before.isdisjoint(entry.id for entry in trail.model.entries)


@pytest.mark.parametrize("row_id", ["", "7", NOWHERE, "\x00", "x" * 1000])
async def test_what_is_no_row_has_no_trail(trail: RowTrail, row_id: str) -> None:
    await trail.look(row_id)
    assert (trail.model.entries, trail.model.loaded, trail.model.row_id) == ([], True, row_id)
    assert not await trail.look(row_id)


async def test_a_lot_tells_what_was_done_with_it_and_by_whom(services: Services, trail: RowTrail) -> None:
    started = await lots.start(services, LotStart("L2047", None))
    with acting_as(Actor("user:ada", "r-7")):
        await lots.hold(services, "L2047", reason="Smeared marks")
    await trail.look(str(started.lot.id))
    held, *others = trail.model.entries
    assert (held.words, held.detail, held.who, held.request_id) == ("Put on hold", "Smeared marks", "ada", "r-7")
    assert [entry.words for entry in others] == ["Started", "Named for the first time"]


async def test_older_entries_are_fetched_where_the_newest_end(services: Services) -> None:
    trail = RowTrail(services, TrailModel(), at_a_time=1)
    started = await lots.start(services, LotStart("L2047", None))
    await lots.hold(services, "L2047", reason="Smeared")
    await trail.look(str(started.lot.id))
    words = ["Put on hold", "Started", "Named for the first time"]
    for fetched in (1, 2, 3, 3):
        assert [entry.words for entry in trail.model.entries] == words[:fetched]
        await trail.more()
    assert trail.model.cursor is None


async def test_an_outage_is_said_and_what_is_shown_stays(trail: RowTrail, judged: list[str]) -> None:
    await trail.look(judged[2])
    trail.away()
    assert (trail.model.problem, len(trail.model.entries)) == (LOOKS, 2)
    await trail.look(judged[2])
    assert trail.model.problem == ""


async def test_a_row_that_is_left_is_looked_at_anew(trail: RowTrail, judged: list[str]) -> None:
    await trail.look(judged[2])
    trail.leave()
    assert (trail.model.entries, trail.model.row_id) == ([], "")
    assert await trail.look(judged[2])
    assert len(trail.model.entries) == 2


async def page(services: Services, inspection_id: str) -> InspectionPage:
    made = PageContext(services, PageReads(services), None, None)  # type: ignore[arg-type]
    opened = InspectionPage(made)
    opened.show(inspection_id)
    await opened._look()
    return opened


async def test_an_open_page_shows_what_is_done_to_its_inspection(
    services: Services, judged: list[str], superuser: asyncpg.Connection
) -> None:
    opened = await page(services, judged[2])
    assert (len(opened.trail.model.entries), opened.model.state) == (2, "done")
    await moved(superuser, judged[2], "failed", "WORKER_LOST")
    await opened._look()
    assert (opened.trail.model.entries[0].words, opened.model.state) == ("Failed: WORKER_LOST", "failed")


async def test_an_open_page_hears_that_what_had_failed_is_tried_anew(
    services: Services, judged: list[str], superuser: asyncpg.Connection
) -> None:
    await moved(superuser, judged[2], "failed", "WORKER_LOST")
    opened = await page(services, judged[2])
    assert opened.model.state == "failed"
    await moved(superuser, judged[2], "received")
    await opened._look()
    assert (opened.trail.model.entries[0].words, opened.model.state) == ("Retried", "received")


async def test_an_inspection_that_is_not_there_has_an_empty_trail(services: Services) -> None:
    opened = await page(services, NOWHERE)
    assert (opened.model.missing, opened.trail.model.entries, opened.trail.model.loaded) == (True, [], True)


async def test_the_plant_page_shows_the_trail_of_the_lot_in_view_and_of_no_other(services: Services) -> None:
    await lots.start(services, LotStart("L2047", None))
    opened = PlantPage(PageContext(services, None, None, None))  # type: ignore[arg-type]
    opened.choose({"lot": "L2047"})
    await opened._look()
    assert [entry.words for entry in opened.trail.model.entries] == ["Started", "Named for the first time"]
    await lots.hold(services, "L2047", reason="Smeared")
    await opened._look()
    assert opened.trail.model.entries[0].words == "Put on hold"
    for gone in ("none", ""):
        opened.lots.selected = gone
        await opened._look()
        assert (opened.trail.model.entries, opened.trail.model.row_id) == ([], "")
