"""What the Inspect page asks for, and what it does with answers that come late or not at all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dashboard.pages.away import LOOKS
from dashboard.pages.context import PageContext
from dashboard.pages.inspect import InspectPage
from dashboard.pages.reads import Results
from data import bundled
from tests.dashboard.models.test_results import view


class Reads:
    """Answers with what it is given, when it is let; keeps what it was asked."""

    def __init__(self, *views: dict[str, Any], cursor: str | None = None) -> None:
        self.found = Results(views, cursor)
        self.asked: list[dict[str, Any]] = []
        self.away: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def results(self, **asked: Any) -> Results:
        self.asked.append(asked)
        await self.gate.wait()
        if self.away is not None:
            raise self.away
        return self.found

    async def recipes(self) -> list[dict[str, Any]]:
        return []


def page(reads: Reads, **state: Any) -> InspectPage:
    opened = InspectPage(PageContext(None, reads, None, None))  # type: ignore[arg-type]
    opened.results.param.update(**state)
    return opened


def numbers(opened: InspectPage) -> list[int]:
    return [int(row.id) for row in opened.results.rows]


async def test_older_results_go_on_from_the_cursor_under_the_same_filter_and_search() -> None:
    reads = Reads(view(1))
    opened = page(reads, cursor="c", verdict="pass", find="A")
    await opened.more()
    assert reads.asked == [{"verdict": "pass", "find": "A", "cursor": "c"}]
    assert (numbers(opened), opened.results.cursor) == ([1], None)


async def test_at_the_end_nothing_older_is_asked_for() -> None:
    reads = Reads(view(1))
    await page(reads).more()
    assert reads.asked == []


@pytest.mark.parametrize("change", [{"verdict": "fail"}, {"cursor": "d"}], ids=["another filter", "fetched already"])
async def test_older_results_that_are_no_longer_wanted_are_left_out(change: dict[str, str]) -> None:
    reads = Reads(view(1))
    reads.gate.clear()
    opened = page(reads, cursor="c")
    asked = asyncio.create_task(opened.more())
    await asyncio.sleep(0)
    opened.results.param.update(**change)
    reads.gate.set()
    await asked
    assert numbers(opened) == []


@pytest.mark.parametrize("ask", ["more", "_look"])
async def test_a_database_that_is_away_is_said_and_what_is_shown_stays(ask: str) -> None:
    reads = Reads()
    reads.away = ConnectionRefusedError("gone")
    opened = page(reads, cursor="c")
    opened.results.replace([view(7)], "c")
    await getattr(opened, ask)()
    assert (opened.results.problem, numbers(opened)) == (LOOKS, [7])


@pytest.mark.parametrize("ask", ["more", "_look"])
async def test_a_failure_of_our_own_is_not_called_an_outage(ask: str) -> None:
    reads = Reads()
    reads.away = FileNotFoundError(2, "no such file", "a-file-of-ours")
    opened = page(reads, cursor="c")
    with pytest.raises(FileNotFoundError):
        await getattr(opened, ask)()
    assert opened.results.problem == ""


async def test_samples_are_offered_while_there_is_nothing_at_all() -> None:
    reads = Reads()
    opened = page(reads)
    await opened._look()
    offered = [(one["name"], one["src"]) for one in opened.intake.samples]
    assert offered == [(one.name, f"/samples/{one.name}") for one in bundled.samples()]
    reads.found = Results((view(1),), None)
    await opened._look()
    assert opened.intake.samples == []


@pytest.mark.parametrize("state", [{"verdict": "fail"}, {"find": "NE555"}], ids=["under a filter", "in a search"])
async def test_samples_are_not_offered_where_only_what_was_chosen_is_not_there(state: dict[str, str]) -> None:
    opened = page(Reads(), **state)
    await opened._look()
    assert opened.intake.samples == []
