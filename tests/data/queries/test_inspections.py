"""Lists of inspections: newest first, every one once, whatever comes in meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update

from core.ids import uuid7_floor, uuid7_time
from data.database import Database
from data.errors import CursorInvalid, NotFound
from data.queries import find, inspections
from data.queries.inspection_view import InspectionSummary
from data.queries.inspections import InspectionFilter
from data.queries.page import Page
from data.tables import Inspection
from tests.data.rows import MOMENT, judged, picture, published, recipe, result, waiting

ALL = InspectionFilter()


async def page(
    database: Database, wanted: InspectionFilter = ALL, cursor: str | None = None, limit: int = 100
) -> Page[InspectionSummary]:
    async with database.session() as session:
        return await inspections.page(session, wanted, cursor=cursor, limit=limit)


async def ids(database: Database, **wanted: Any) -> list[UUID]:
    return [item.id for item in (await page(database, InspectionFilter(**wanted))).items]


async def walk(database: Database, limit: int, wanted: InspectionFilter = ALL) -> list[UUID]:
    seen: list[UUID] = []
    cursor: str | None = None
    while True:
        found = await page(database, wanted, cursor=cursor, limit=limit)
        seen += [item.id for item in found.items]
        cursor = found.next_cursor
        if cursor is None:
            return seen


async def fail(database: Database, id_: UUID) -> None:
    async with database.unit_of_work() as work:
        await work.session.execute(update(Inspection).where(Inspection.id == id_).values(state="running"))
        await work.inspections.fail(id_, code="WORKER_LOST", detail="The worker ended 3 times.")
        await work.commit()


async def test_the_newest_comes_first(database: Database) -> None:
    made = await waiting(database, 5)
    assert await ids(database) == made[::-1]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
async def test_pages_hold_every_inspection_once(database: Database, limit: int) -> None:
    made = await waiting(database, 7)
    assert await walk(database, limit) == made[::-1]


async def test_what_comes_in_meanwhile_moves_nothing(database: Database) -> None:
    made = await waiting(database, 4)
    first = await page(database, limit=2)
    await waiting(database, 3)
    second = await page(database, cursor=first.next_cursor, limit=2)
    assert [item.id for item in (*first.items, *second.items)] == made[::-1]


async def test_pages_go_on_from_one_month_to_the_next(database: Database) -> None:
    months = [uuid7_floor(MOMENT + timedelta(days=31 * number)) for number in range(-2, 16)]
    for id_ in months:
        await waiting(database, id_=id_)
    assert await walk(database, 4) == months[::-1]


async def test_a_forged_cursor_is_refused(database: Database) -> None:
    with pytest.raises(CursorInvalid):
        await page(database, cursor="forged")


async def test_an_empty_list_is_a_page_too(database: Database) -> None:
    assert await page(database) == Page((), None)


async def test_one_that_waits_has_no_verdict(database: Database) -> None:
    await waiting(database, file_name="a.jpg", serial="SN1", lot="L1")
    [item] = (await page(database)).items
    assert (item.state, item.verdict, item.disposition, item.reasons, item.score) == ("received", None, None, (), None)
    assert (item.file_name, item.unit_serial, item.lot, item.station) == ("a.jpg", "SN1", "L1", "bench")
    assert item.image.address == picture().address
    assert item.created_at == uuid7_time(item.id)
    assert item.recipe is None


async def test_one_that_is_judged_has_its_verdict_and_reasons(database: Database) -> None:
    version = await published(database)
    await judged(database, "borderline", recipe_version_id=version.version_id)
    [item] = (await page(database)).items
    assert (item.state, item.verdict, item.disposition, item.score) == ("done", "borderline", "pending", -1)
    assert item.reasons == ({"code": "UNVERIFIED", "words": "By pattern only."},)
    assert item.recipe is not None
    assert (item.recipe.name, item.recipe.version, item.recipe.id) == ("74LS00 DIP-14", 1, version.recipe_id)


async def test_one_that_failed_is_not_judged_for_its_reason(database: Database) -> None:
    [id_] = await waiting(database)
    await fail(database, id_)
    [item] = (await page(database)).items
    assert (item.state, item.verdict, item.disposition) == ("failed", "not_judged", "pending")
    assert item.reasons == ({"code": "WORKER_LOST", "words": "The worker ended 3 times."},)
    assert item.error is not None
    assert item.error.code == "WORKER_LOST"


async def test_filters_show_what_they_say(database: Database) -> None:
    first = await published(database)
    second = await published(database, recipe("other", part_number="LM358N"))
    async with database.unit_of_work() as work:
        await work.plant.add_station("AOI-1", line="SMT", site="North")
        await work.commit()
    passed = await judged(database, "pass", recipe_version_id=first.version_id, lot="L1")
    failed = await judged(database, "fail", recipe_version_id=second.version_id, station="AOI-1")
    [lost] = await waiting(database, lot="L1")
    await fail(database, lost)
    unread = await judged(database, "not_judged")
    shown = {
        "by recipe's name": (await ids(database, recipe="other"), [failed]),
        "by recipe's id": (await ids(database, recipe=str(first.recipe_id)), [passed]),
        "by part number": (await ids(database, part_number="lm358n"), [failed]),
        "by verdict": (await ids(database, verdict="pass"), [passed]),
        "not judged, failed too": (await ids(database, verdict="not_judged"), [unread, lost]),
        "by state": (await ids(database, state="failed"), [lost]),
        "by station": (await ids(database, station="AOI-1"), [failed]),
        "by lot": (await ids(database, lot="L1"), [lost, passed]),
        "by two": (await ids(database, lot="L1", verdict="pass"), [passed]),
        "by nothing that is": (await ids(database, recipe="no such"), []),
    }
    assert {name: found for name, (found, _) in shown.items()} == {name: meant for name, (_, meant) in shown.items()}


READ = {
    "a": ("MC74HC32AN", "FFFG9203"),
    "b": ("LM 324 N", "+786AB"),
    "c": ('"7,4"', "50%_\\[x]", "µA741"),
    "d": (),
    "e": ("mc74", "HC32AN"),
}


async def read(database: Database) -> dict[UUID, str]:
    """Inspect the marks of `READ`; return their letters by id."""
    made = {}
    for letter, lines in READ.items():
        id_ = await judged(database, evidence={"schema": 1, "lines": [{"text": line} for line in lines]})
        made[id_] = letter
    return made


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("MC74HC32AN", "a"),
        ("74hc32", "a"),
        ("hc32an", "ae"),
        ("MC74HC32AN 9203", "a"),
        ("9203 MC74", "a"),
        ("MC74HC32ANFFFG", ""),
        ("LM324N", "b"),
        ("LM 324 N", "b"),
        ("+786", "b"),
        ('"7,4"', "c"),
        ("%_", "c"),
        ("\\[x]", "c"),
        ("\\", "c"),
        ('"', "c"),
        (",", "c"),
        ("[", "c"),
        ("µa741", "c"),
        ("NE555", ""),
    ],
    ids=[
        "whole line", "part of a line, small", "two parts", "two lines", "in any order", "never over two lines",
        "spaces in the mark", "spaces in the search", "symbol", "quotation marks", "no wildcards", "brackets",
        "backslash", "what JSON puts around a line", "what JSON puts between", "what JSON puts around all",
        "not ASCII", "nothing",
    ],
)  # fmt: skip
async def test_a_mark_is_found_by_words_that_were_read(database: Database, asked: str, found: str) -> None:
    letters = await read(database)
    assert sorted(letters[id_] for id_ in await ids(database, read=asked)) == sorted(found)


async def test_a_search_finds_what_any_place_holds_once(database: Database) -> None:
    version = await published(database, recipe("LM358N", part_number="LM358N"))
    by_all = await judged(
        database, recipe_version_id=version.version_id, lot="LM358N", evidence={"lines": [{"text": "LM358N"}]}
    )
    by_lot = await judged(database, lot="LM358N")
    by_mark = await judged(database, "fail", evidence={"lines": [{"text": "xLM358Nx"}]})
    await judged(database, lot="other")
    assert await ids(database, find="LM358N") == [by_mark, by_lot, by_all]
    assert await ids(database, find="LM358N", verdict="fail") == [by_mark]


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
async def test_pages_of_a_search_hold_everything_once(database: Database, limit: int) -> None:
    """Parts found by different places lie mixed; a later page does not begin to look in another."""
    made = []
    for number in range(7):
        text = {"text": "NE555" if number % 2 else "other"}
        made.append(await judged(database, lot=None if number % 2 else "NE555", evidence={"lines": [text]}))
    assert await walk(database, limit, InspectionFilter(find="NE555")) == made[::-1]


async def test_neighbours_are_of_the_search_they_were_opened_from(database: Database) -> None:
    first = await judged(database, evidence={"lines": [{"text": "NE555"}]})
    middle = await judged(database)
    last = await judged(database, lot="NE555")
    async with database.session() as session:
        found = await inspections.neighbours(session, middle, InspectionFilter(find="NE555"))
    assert (found.previous, found.next) == (first, last)


@pytest.mark.parametrize("place", find.PLACES)
def test_a_search_goes_with_none_of_its_places(place: str) -> None:
    with pytest.raises(ValueError, match="expected either find or some of"):
        InspectionFilter(find="a", **{place: "b"})  # type: ignore[arg-type]


async def test_times_bound_the_list_from_and_before(database: Database) -> None:
    moments = [MOMENT + timedelta(days=day) for day in range(4)]
    made = [uuid7_floor(moment) for moment in moments]
    for id_ in made:
        await waiting(database, id_=id_)
    assert await ids(database, since=moments[1]) == made[:0:-1]
    assert await ids(database, until=moments[2]) == made[1::-1]
    assert await ids(database, since=moments[1], until=moments[2]) == [made[1]]


async def test_times_skip_the_partitions_outside(database: Database) -> None:
    march, april = (uuid7_floor(datetime(2001, month, 1, tzinfo=UTC)) for month in (3, 4))
    statement = text("EXPLAIN SELECT * FROM inspections WHERE id >= CAST(:march AS uuid) AND id < CAST(:april AS uuid)")
    async with database.session() as session:
        plan = "\n".join(await session.scalars(statement, {"march": march, "april": april}))
    assert "inspections_default" in plan
    assert "inspections_y" not in plan


async def test_one_is_found_with_its_evidence(database: Database) -> None:
    [id_] = await waiting(database)
    async with database.session() as session:
        before = await inspections.detail(session, id_)
    assert (before.evidence, before.digest) == (None, None)
    async with database.unit_of_work() as work:
        await work.verdicts.keep([result(id_, seconds={"read": 0.06})])
        await work.commit()
    async with database.session() as session:
        after = await inspections.detail(session, id_)
        assert await inspections.summary(session, id_) == after.summary
    assert after.evidence is not None
    assert (after.evidence["seconds"], after.evidence["verdict"]) == ({"read": 0.06}, "pass")
    assert (after.signal_version, after.digest) == ("fake:1", "0" * 64)


async def test_its_picture_is_found(database: Database) -> None:
    [id_] = await waiting(database)
    async with database.session() as session:
        assert (await inspections.image(session, id_)).address == picture().address
        with pytest.raises(NotFound):
            await inspections.image(session, id_, position=1)


async def test_what_is_not_there_is_not_found(database: Database) -> None:
    nobody = database.ids()
    async with database.session() as session:
        for query in (inspections.detail, inspections.summary, inspections.image):
            with pytest.raises(NotFound, match=f"{nobody}"):
                await query(session, nobody)


async def test_neighbours_lie_before_and_after(database: Database) -> None:
    first, second, third = await waiting(database, 3)
    async with database.session() as session:
        found = [await inspections.neighbours(session, id_) for id_ in (first, second, third)]
    assert [(each.previous, each.next) for each in found] == [(None, second), (first, third), (second, None)]


async def test_neighbours_are_of_the_list_they_were_opened_from(database: Database) -> None:
    first = await judged(database, "fail")
    middle = await judged(database, "pass")
    last = await judged(database, "fail")
    async with database.session() as session:
        found = await inspections.neighbours(session, middle, InspectionFilter(verdict="fail"))
    assert (found.previous, found.next) == (first, last)
