"""A process adds what it counts, once each, whatever becomes of the database, and what is left at its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from data.outage import AWAY
from data.queries.figures import gauges, totals
from data.tables import EARLIER, Figure, Process
from tests.gate import Gate
from workers import anchor_notes, keeping_figures, metrics
from workers.anchor_notes import AnchorNotes
from workers.composition import Services, compose
from workers.keeping_figures import FiguresThread, KeepingFigures

Behind = Callable[..., Services]
BATCHES = metrics.BATCHES.name


async def batches(services: Services) -> float:
    async with services.database.session() as session:
        return sum(each.value for each in await totals(session) if each.sample == BATCHES)


async def seen(services: Services) -> int:
    async with services.database.session() as session:
        return await session.scalar(select(func.count()).select_from(Process)) or 0


async def test_what_is_counted_is_added_once(services: Services) -> None:
    figures = KeepingFigures(services, "relay")
    for _ in range(3):
        services.counting.count(metrics.BATCHES)
        await figures.keep()
        await figures.keep()
    assert await batches(services) == 3


async def test_with_nothing_new_nothing_is_written(services: Services) -> None:
    figures = KeepingFigures(services, "relay", measure=lambda *_: [])
    await figures.keep()
    for _ in range(3):
        await figures.keep()
    async with services.database.session() as session:
        assert await session.scalar(select(Process.kept)) == 1


async def test_two_processes_are_added_up(services: Services) -> None:
    other = compose(services.settings)
    for each in (services, other):
        each.counting.count(metrics.BATCHES, 2)
        await KeepingFigures(each, "relay").keep()
    assert (await batches(services), await seen(services)) == (4, 2)
    await other.close()


async def test_while_the_database_is_away_it_counts_on(database: Gate, behind: Behind, services: Services) -> None:
    away = behind()
    figures = KeepingFigures(away, "relay")
    away.counting.count(metrics.BATCHES)
    await figures.keep()
    await database.close()
    for _ in range(3):
        away.counting.count(metrics.BATCHES)
        with pytest.raises(AWAY):
            await figures.keep()
    await database.open()
    await figures.keep()
    assert await batches(services) == 4


async def test_an_addition_of_which_nobody_knows_is_made_once(services: Services) -> None:
    """The commit's answer is lost: it was made, and the process does not know."""
    figures = KeepingFigures(services, "relay")
    services.counting.count(metrics.BATCHES, 5)
    made = figures._add

    async def lost() -> None:
        pending, kept = figures._pending, dict(figures._kept)
        await made()
        figures._pending, figures._kept = pending, kept
        raise TimeoutError

    figures._add = lost  # type: ignore[method-assign]
    with pytest.raises(TimeoutError):
        await figures.keep()
    figures._add = made  # type: ignore[method-assign]
    services.counting.count(metrics.BATCHES, 2)
    await figures.keep()
    assert await batches(services) == 7


async def test_what_is_left_is_added_at_the_end(services: Services) -> None:
    async with KeepingFigures(services, "relay").running():
        services.counting.count(metrics.BATCHES, 9)
    assert await batches(services) == 9


async def test_what_fails_for_another_reason_is_said_and_ends_nothing(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> list[keeping_figures.Gauge]:
        raise RuntimeError("no such figure")

    with caplog.at_level(logging.ERROR):
        task = asyncio.create_task(KeepingFigures(services, "relay", measure=broken).for_ever())
        while not caplog.records:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert "no such figure" in caplog.text
    assert not task.done()
    task.cancel()


async def test_a_thread_keeps_figures_and_what_is_left(services: Services) -> None:
    thread = FiguresThread(services, "worker")
    thread.start()
    async with asyncio.timeout(30):
        while await seen(services) == 0:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    services.counting.count(metrics.BATCHES, 4)
    await asyncio.to_thread(thread.end)
    assert not thread.is_alive()
    assert await batches(services) == 4


async def test_a_thread_that_never_began_ends_at_once(services: Services) -> None:
    thread = FiguresThread(services, "worker")
    await asyncio.to_thread(thread.end)
    assert not thread.is_alive()


async def test_what_processes_that_ended_have_counted_is_taken_over(services: Services) -> None:
    ended = compose(services.settings)
    ended.counting.count(metrics.BATCHES, 3)
    await KeepingFigures(ended, "relay").keep()
    await ended.close()
    async with services.database.unit_of_work() as work:
        ago = datetime.now(UTC) - timedelta(hours=1)
        await work.session.execute(update(Process).values(seen_at=ago))
        await work.commit()
    async with KeepingFigures(services, "relay").running(), asyncio.timeout(30):
        while not await taken_over(services):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert await batches(services) == 3


async def taken_over(services: Services) -> bool:
    async with services.database.session() as session:
        whose = select(Figure.process_id).where(Figure.sample == BATCHES)
        return set(await session.scalars(whose)) == {EARLIER}


NOTED = {
    "nothing noted": (None, 0.0),
    "well": (AnchorNotes(place="here", number=3), 0.0),
    "well again": (AnchorNotes(place="here", number=3, since="2026-01-01T00:00:00+00:00"), 0.0),
    "failing for a while": (AnchorNotes(failure="no room", since="2026-01-01T00:00:00+00:00"), 90.0),
    "failing since a moment": (AnchorNotes(failure="no room", since="2026-01-01T00:01:30+00:00"), 1.0),
    "written by hand": (AnchorNotes(failure="no room", since="yesterday"), 1.0),
}


@pytest.mark.parametrize(("noted", "seconds"), NOTED.values(), ids=NOTED)
async def test_the_relay_tells_for_how_long_anchors_have_failed(
    services: Services, tmp_path: Path, noted: AnchorNotes | None, seconds: float
) -> None:
    settings = services.settings.model_copy(update={"home": tmp_path})
    apart = compose(settings, clock=lambda: datetime(2026, 1, 1, 0, 1, 30, tzinfo=UTC))
    if noted is not None:
        anchor_notes.write(tmp_path, noted)
    told = {name: value for name, _, value in keeping_figures.measured(apart, "relay")}
    assert told[metrics.ANCHORS.name] == seconds
    assert metrics.ANCHORS.name not in {name for name, *_ in keeping_figures.measured(apart, "worker")}
    await apart.close()


async def test_its_clock_is_held_against_the_databases(services: Services) -> None:
    services.clock = lambda: datetime.now(UTC) + timedelta(hours=1)
    figures = KeepingFigures(services, "relay", measure=lambda *_: [])
    for _ in range(2):
        services.counting.count(metrics.BATCHES)
        await figures.keep()
    async with services.database.session() as session:
        (found,) = await gauges(session)
    assert found.sample == metrics.CLOCK.name
    assert 3595 < found.value < 3605
