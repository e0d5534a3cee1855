"""Runs are listed with counts that are counted, not kept; their files and results come in the order they came."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from core.ids import uuid7_time
from data.database import Database
from data.errors import NotFound
from data.priorities import Priority
from data.queries import runs
from data.queries.run_view import RunCounts
from data.queries.runs import RunFilter
from data.repositories.runs import NewRun
from data.unit_of_work import UnitOfWork
from tests.data.rows import add_inspection, published, result, waiting

ADDRESS = "ab" * 32


async def begun(database: Database, **fields: Any) -> UUID:
    """Return a run without files; `station` and `lot` by name."""
    station, lot = fields.pop("station", None), fields.pop("lot", None)
    async with database.unit_of_work() as work:
        if station is not None:
            await work.plant.add_station(station, line="bench", site="bench")
        told = {"caller": "test", "priority": Priority.BATCH, **fields}
        lot_id = await work.parts.open_lot(lot) if lot else None
        run_id = await work.runs.create(NewRun(station_id=await work.plant.station_id(station), lot_id=lot_id, **told))
        await work.commit()
    return run_id


async def with_file(database: Database, run_id: UUID, name: str = "a.png", **fields: Any) -> UUID:
    async with database.unit_of_work() as work:
        file_id = await work.runs.add_file(run_id, name, **fields)
        await work.commit()
    return file_id


async def ended(database: Database, state: str, **particulars: Any) -> UUID:
    """Return an inspection that ended in `state`: a verdict, `failed`, `cancelled`, or one of those before the end."""
    (inspection_id,) = await waiting(database, **particulars)
    async with database.unit_of_work() as work:
        await _end(work, inspection_id, state)
        await work.commit()
    return inspection_id


async def _end(work: UnitOfWork, inspection_id: UUID, state: str) -> None:
    if state in {"received", "cancelled"}:
        await work.inspections.move([inspection_id], state)  # type: ignore[arg-type]
        return
    await work.inspections.move([inspection_id], "queued")
    await work.inspections.move([inspection_id], "running")
    if state == "failed":
        await work.inspections.fail(inspection_id, code="WORKER_LOST", detail="It ended.")
    elif state != "running":
        await work.inspections.move([inspection_id], "done")
        await work.verdicts.keep([result(inspection_id, state, reasons=["UNVERIFIED"])])


async def test_runs_are_listed_newest_first_a_page_at_a_time(database: Database) -> None:
    made = [await begun(database, label=str(number)) for number in range(5)]
    async with database.session() as session:
        first = await runs.summaries(session, RunFilter(), limit=2)
        second = await runs.summaries(session, RunFilter(), limit=2, cursor=first.next_cursor)
        third = await runs.summaries(session, RunFilter(), limit=2, cursor=second.next_cursor)
    assert [each.id for page in (first, second, third) for each in page.items] == made[::-1]
    assert third.next_cursor is None


async def test_a_run_says_everything_of_itself(database: Database) -> None:
    version = await published(database)
    tray = {"carrier": "T-1", "rows": 2, "columns": 3, "corners": None}
    fields = {"type": "tray", "label": "Tuesday", "tray": tray, "recipe_version_id": version.version_id}
    run_id = await begun(database, station="S1", lot="L1", **fields)
    async with database.session() as session:
        found = await runs.summary(session, run_id)
    assert (found.type, found.label, found.caller, found.state) == ("tray", "Tuesday", "test", "pending")
    assert (found.station, found.lot, found.tray) == ("S1", "L1", tray)
    assert found.recipe is not None
    assert (found.recipe.name, found.recipe.version) == ("74LS00 DIP-14", 1)
    assert (found.created_at, found.stored_at, found.finished_at) == (uuid7_time(run_id), None, None)
    assert (found.error, found.has_ended, found.counts) == (None, False, RunCounts())


async def test_a_run_that_failed_says_why(database: Database) -> None:
    run_id = await begun(database)
    async with database.unit_of_work() as work:
        await work.runs.fail(run_id, code="NOTHING_USABLE", detail="No file could be opened.")
        await work.commit()
    async with database.session() as session:
        found = await runs.summary(session, run_id)
    assert found.error is not None
    assert (found.error.code, found.error.detail) == ("NOTHING_USABLE", "No file could be opened.")
    assert found.has_ended


async def test_a_run_that_is_not_there_is_said(database: Database) -> None:
    async with database.session() as session:
        with pytest.raises(NotFound, match="There is no run"):
            await runs.summary(session, database.ids())
        with pytest.raises(NotFound, match="There is no run"):
            await runs.files(session, database.ids())


@pytest.mark.parametrize(
    ("wanted", "labels"),
    [
        pytest.param(RunFilter(), {"Tuesday 1", "100%"}, id="all"),
        pytest.param(RunFilter(state="failed"), {"100%"}, id="state"),
        pytest.param(RunFilter(station="S1"), {"Tuesday 1"}, id="station"),
        pytest.param(RunFilter(lot="L1"), {"Tuesday 1"}, id="lot"),
        pytest.param(RunFilter(label="tuesday"), {"Tuesday 1"}, id="part of the label, any case"),
        pytest.param(RunFilter(label="%"), {"100%"}, id="a pattern's character is a character"),
        pytest.param(RunFilter(label="Wednesday"), set(), id="no such label"),
        pytest.param(RunFilter(state="failed", station="S1"), set(), id="both at once"),
    ],
)
async def test_a_filter_shows_what_it_says(database: Database, wanted: RunFilter, labels: set[str]) -> None:
    await begun(database, label="Tuesday 1", station="S1", lot="L1")
    other = await begun(database, label="100%")
    async with database.unit_of_work() as work:
        await work.runs.move([other], "failed")
        await work.commit()
    async with database.session() as session:
        assert {each.label for each in (await runs.summaries(session, wanted)).items} == labels


async def test_times_bound_a_list_from_and_before(database: Database) -> None:
    run_id = await begun(database)
    made = uuid7_time(run_id)
    async with database.session() as session:

        async def shown(**times: Any) -> int:
            return len((await runs.summaries(session, RunFilter(**times))).items)

        assert [await shown(since=made), await shown(until=made)] == [1, 0]
        assert [await shown(since=made + timedelta(seconds=1)), await shown(until=made + timedelta(seconds=1))] == [
            0,
            1,
        ]


async def test_counts_are_those_of_the_rows(database: Database) -> None:
    run_id, other = await begun(database), await begun(database)
    archive = await with_file(database, run_id, "a.zip")
    await with_file(database, run_id, "in.png", parent_id=archive)
    refused = await with_file(database, run_id, "b.txt")
    stored = await with_file(database, run_id, "c.png")
    left = await with_file(database, run_id, "d.png")
    async with database.unit_of_work() as work:
        await work.runs.refuse_file(refused, code="NOT_AN_IMAGE", detail="It is a text.")
        await work.runs.take_back_file(left)
        await work.runs.store_file(stored, ADDRESS, 9)
        await work.commit()
    for state in ("received", "running", "pass", "pass", "fail", "borderline", "not_judged", "failed", "cancelled"):
        await ended(database, state, run_id=run_id)
    await ended(database, "pass", run_id=other)
    async with database.session() as session:
        found = (await runs.summary(session, run_id)).counts
        assert (await runs.summary(session, other)).counts == RunCounts(inspections=1, passed=1)
    assert found == RunCounts(
        files=4,
        members=1,
        files_receiving=2,
        files_waiting=1,
        files_refused=1,
        files_cancelled=1,
        inspections=9,
        waiting=1,
        running=1,
        passed=2,
        failed_verdicts=1,
        borderline=1,
        not_judged=1,
        errors=1,
        cancelled=1,
    )
    assert (found.judged, found.ended) == (5, 7)


async def test_files_come_in_their_order_with_what_they_made(database: Database) -> None:
    run_id = await begun(database, type="tray")
    tray = await with_file(database, run_id, "tray.png", byte_count=9)
    refused = await with_file(database, run_id, "b.txt")
    async with database.unit_of_work() as work:
        await work.runs.store_file(tray, ADDRESS, 9)
        await work.runs.refuse_file(refused, code="NOT_AN_IMAGE", detail="It is a text.")
        made = [await add_inspection(work, run_id=run_id, run_file_id=tray) for _ in range(3)]
        await work.commit()
    async with database.session() as session:
        first = await runs.files(session, run_id, limit=1)
        second = await runs.files(session, run_id, limit=1, cursor=first.next_cursor)
        (only,) = (await runs.files(session, run_id, state="refused")).items
    (one,), (two,) = first.items, second.items
    assert (one.id, one.name, one.byte_count, one.address, one.state) == (tray, "tray.png", 9, ADDRESS, "stored")
    assert (one.inspection_id, one.inspections) == (made[0], 3)
    assert (two, two.inspections, two.inspection_id, two.address) == (only, 0, None, None)
    assert two.error is not None
    assert (two.error.code, second.next_cursor) == ("NOT_AN_IMAGE", None)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4], ids="{} rows, two at a time".format)
async def test_result_rows_are_all_there_however_many_are_read_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(runs, "ROWS_AT_ONCE", 2)
    run_id = await begun(database)
    made = [await ended(database, "pass", run_id=run_id, serial=str(index)) for index in range(number)]
    assert [row.inspection_id async for row in runs.result_rows(database.session, run_id)] == made


async def test_whoever_takes_result_rows_slowly_holds_no_connection(database: Database) -> None:
    run_id = await begun(database)
    await ended(database, "pass", run_id=run_id, serial="A")
    rows = runs.result_rows(database.session, run_id)
    await anext(rows)
    assert database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert [row async for row in rows] == []


async def test_what_never_came_to_an_inspection_is_in_the_results_too(database: Database) -> None:
    run_id = await begun(database)
    coming, left = await with_file(database, run_id, "a.png"), await with_file(database, run_id, "b.png")
    async with database.unit_of_work() as work:
        await work.runs.take_back_file(left)
        await work.commit()
    found = [row async for row in runs.result_rows(database.session, run_id)]
    assert coming < left
    assert [(row.file_name, row.state, row.inspection_id) for row in found] == [
        ("a.png", "receiving", None),
        ("b.png", "cancelled", None),
    ]


async def test_result_rows_tell_archives_of_members_alike_apart(database: Database) -> None:
    run_id = await begun(database)
    archive = await with_file(database, run_id, "1.zip")
    member = await with_file(database, run_id, "a.png", parent_id=archive)
    await with_file(database, run_id, "b.png", parent_id=archive)
    async with database.unit_of_work() as work:
        for made_by in (member, None):
            await add_inspection(work, run_id=run_id, run_file_id=made_by, file_name="a.png")
        await work.commit()
    found = {(row.file_name, row.archive) async for row in runs.result_rows(database.session, run_id)}
    assert found == {("a.png", "1.zip"), ("a.png", None), ("b.png", "1.zip"), ("1.zip", None)}


async def test_result_rows_tell_every_inspection_and_every_refused_file(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "ROWS_AT_ONCE", 2)
    run_id = await begun(database)
    refused = await with_file(database, run_id, "b.txt")
    async with database.unit_of_work() as work:
        await work.runs.refuse_file(refused, code="NOT_AN_IMAGE", detail="It is a text.")
        await work.commit()
    states = ("pass", "received", "failed", "fail", "cancelled")
    made = [await ended(database, state, run_id=run_id, file_name=state, serial=state) for state in states]
    found = [row async for row in runs.result_rows(database.session, run_id)]
    assert [row.inspection_id for row in found] == [*made, None]
    assert [row.state for row in found] == ["done", "received", "failed", "done", "cancelled", "refused"]
    assert [row.verdict for row in found] == ["pass", None, None, "fail", None, None]
    assert [row.file_name for row in found] == [*states, "b.txt"]
    assert [row.error.code if row.error else None for row in found][2::3] == ["WORKER_LOST", "NOT_AN_IMAGE"]
    assert (found[0].unit_serial, found[0].reasons, found[0].attempt) == ("pass", ("UNVERIFIED",), 1)
