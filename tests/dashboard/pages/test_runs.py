"""What the Runs page asks for, and what it does with answers that come late or not at all."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from dashboard.models.run import RunModel
from dashboard.models.sending import SendingModel
from dashboard.pages.away import LOOKS
from dashboard.pages.context import PageContext
from dashboard.pages.run_acts import RunActs
from dashboard.pages.run_reads import Choices, Found, RunReads
from dashboard.pages.runs import RunsPage
from data.queries import runs
from tests.dashboard.models.test_results import view
from tests.dashboard.models.test_run import file_view
from tests.dashboard.models.test_runs import run_view
from tests.dashboard.pages.test_inspect import Reads
from workers.composition import Services
from workers.receiving import Announced, RunParticulars, begin
from workers.resuming import add_file

ID = str(UUID(int=1))


class RunAnswers:
    """Answers with what it is given, when it is let; keeps what it was asked."""

    def __init__(self, *views: dict[str, Any], cursor: str | None = None) -> None:
        self.found = Found(views, cursor)
        self.one: dict[str, Any] | None = run_view(1)
        self.asked: list[tuple[str, Any]] = []
        self.away: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def _answer(self, what: str, asked: Any, answer: Any) -> Any:
        self.asked.append((what, asked))
        await self.gate.wait()
        if self.away is not None:
            raise self.away
        return answer

    async def runs(self, wanted: Any, **asked: Any) -> Found:
        found: Found = await self._answer("runs", {**wanted, **asked}, self.found)
        return found

    async def run(self, run_id: str) -> Any:
        return await self._answer("run", run_id, self.one)

    async def files(self, run_id: str, **asked: Any) -> Found:
        found: Found = await self._answer("files", {"run": run_id, **asked}, Found((file_view(1),), "c"))
        return found

    async def choices(self) -> Choices:
        return Choices(({"id": "7", "name": "A"},), ("S1",))


@pytest.fixture
def answers() -> RunAnswers:
    return RunAnswers(run_view(2), run_view(1), cursor="c")


@pytest.fixture
def page(answers: RunAnswers) -> RunsPage:
    class Nothing:
        database = None

    opened = RunsPage(PageContext(Nothing(), Reads(view(1)), None, None))  # type: ignore[arg-type]
    opened.reads = opened.one.runs = answers  # type: ignore[assignment]
    return opened


async def test_a_look_brings_runs_recipes_and_stations(page: RunsPage) -> None:
    await page._look()
    assert [row.label for row in page.runs.rows] == ["Reel 2", "Reel 1"]
    assert (page.sending.recipes, page.sending.stations, page.runs.stations) == ({"A": "7"}, ["S1"], ["S1"])


async def test_nothing_is_asked_of_a_run_while_none_is_open(page: RunsPage, answers: RunAnswers) -> None:
    await page._look()
    assert [what for what, _ in answers.asked] == ["runs"]


async def test_the_run_that_is_open_is_looked_at_with_what_is_seen_of_it(page: RunsPage, answers: RunAnswers) -> None:
    page.runs.go({"run": ID})
    await page._look()
    assert page.run.row is not None
    assert [row.id for row in page.one.results.rows] == ["00000001"]
    page.run.tab = "files"
    await page._look()
    assert [line.name for line in page.run.files] == ["a/1.jpg"]
    assert [what for what, _ in answers.asked] == ["runs", "run", "runs", "run", "files"]


async def test_a_run_that_is_not_there_is_missing(page: RunsPage, answers: RunAnswers) -> None:
    answers.one = None
    page.runs.go({"run": ID})
    await page._look()
    assert (page.run.missing, page.run.row) == (True, None)
    assert [what for what, _ in answers.asked] == ["runs", "run"]


async def test_runs_that_are_no_longer_wanted_are_left_out(page: RunsPage, answers: RunAnswers) -> None:
    answers.gate.clear()
    asked = asyncio.create_task(page._look())
    await asyncio.sleep(0)
    page.runs.go({"state": "done"})
    answers.gate.set()
    await asked
    assert page.runs.rows == []


async def test_older_runs_go_on_from_the_cursor_under_the_same_filter(page: RunsPage, answers: RunAnswers) -> None:
    page.runs.param.update(cursor="c", wanted={"lot": "L"})
    await page.more()
    assert answers.asked == [("runs", {"lot": "L", "limit": 50, "cursor": "c"})]
    assert len(page.runs.rows) == 2


async def test_at_the_end_nothing_older_is_asked_for(page: RunsPage, answers: RunAnswers) -> None:
    await page.more()
    await page.one.more_files()
    assert answers.asked == []


async def test_more_files_go_on_from_their_cursor(page: RunsPage, answers: RunAnswers) -> None:
    page.run.param.update(id=ID, files_cursor="c", files_state="refused")
    await page.one.more_files()
    assert answers.asked == [("files", {"run": ID, "state": "refused", "limit": 100, "cursor": "c"})]
    assert len(page.run.files) == 1


@pytest.mark.parametrize("ask", ["more", "_look"])
async def test_a_database_that_is_away_is_said_and_what_is_shown_stays(
    page: RunsPage, answers: RunAnswers, ask: str
) -> None:
    await page._look()
    answers.away = ConnectionRefusedError("gone")
    await getattr(page, ask)()
    assert (page.runs.problem, len(page.runs.rows)) == (LOOKS, 2)


@pytest.mark.parametrize("ask", ["more_files", "more_results"])
async def test_a_database_that_is_away_is_said_of_the_run_too(page: RunsPage, answers: RunAnswers, ask: str) -> None:
    page.run.param.update(id=ID, files_cursor="c")
    page.one.results.param.update(run=ID, cursor="c")
    answers.away = page.context.reads.away = ConnectionRefusedError("gone")  # type: ignore[attr-defined]
    await getattr(page.one, ask)()
    assert page.run.problem == LOOKS


def test_another_run_in_the_address_is_turned_to(page: RunsPage) -> None:
    page.runs.go({"run": ID})
    assert (page.run.id, page.one.results.run) == (ID, ID)
    page.one.results.replace([view(1)], "c")
    page.runs.go({})
    assert (page.run.id, page.one.results.rows, page.one.results.cursor) == ("", [], None)


async def test_a_run_is_begun_once_for_a_key_as_the_form_says(services: Services) -> None:
    acts = RunActs(services, RunModel(), SendingModel(label="Reel 7", type="tray", carrier="T-1"))
    first, second = await acts.begin("k"), await acts.begin("k")
    assert first == second
    async with services.database.session() as session:
        found = await runs.summary(session, UUID(first["run"]))
    assert (found.label, found.type, found.state) == ("Reel 7", "tray", "pending")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"part_number": "NOSUCH"}, "NOSUCH"),
        ({"label": "A" * 300}, "label"),
        ({"label": "\x07"}, "characters that can be printed"),
        ({"type": "tray"}, "missing: carrier"),
    ],
    ids=["nothing to judge by", "too long", "a control character", "a tray without a name"],
)
async def test_a_form_that_does_not_fit_begins_nothing(services: Services, said: dict[str, Any], words: str) -> None:
    told = await RunActs(services, RunModel(), SendingModel(**said)).begin("k")
    assert words in told["problem"]
    assert "run" not in told


async def test_runs_and_files_are_read_as_the_models_take_them(services: Services) -> None:
    reads = RunReads(services)
    run_id = await begin(services, RunParticulars(label="Reel 7"))
    await add_file(services, run_id, Announced("a/b.jpg", 7))
    wanted = {"label": "reel", "since": "2020-01-01T00:00Z"}
    (found,) = (await reads.runs(wanted, limit=5)).views
    assert (found["label"], found["caller"], found["counts"]["files_receiving"]) == ("Reel 7", "local", 1)
    assert (await reads.runs({"until": "2020-01-01T00:00Z"}, limit=5)).views == ()
    (file,) = (await reads.files(str(run_id), limit=5)).views
    assert (file["name"], file["run_id"], file["thumb"], file["inspection_id"]) == ("a/b.jpg", str(run_id), "", None)
    assert await reads.run(ID) is None
    assert await reads.run("<b>") is None
    assert (await reads.files(ID, limit=5)).views == ()
    assert "bench" in (await reads.choices()).stations
