"""What the Plant page asks for as its lists go on, and what it does with answers that come late or not at all."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dashboard.models.asking import AskingModel
from dashboard.models.lots import LotsModel
from dashboard.pages.away import LOOKS
from dashboard.pages.context import PageContext
from dashboard.pages.lot_acts import LotActs
from dashboard.pages.plant import PlantPage
from dashboard.pages.plant_reads import PlantReads, Rows
from dashboard.pages.refusals import AWAY_WORDS
from workers.composition import Services


class Reads:
    """Answers with one older row, when it is let; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.away: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def lots(self, **asked: Any) -> Rows:
        return await self._rows(asked)

    async def units(self, *asked: Any) -> Rows:
        return await self._rows(asked)

    async def station_names(self) -> list[str]:
        await self._rows("stations")
        return []

    async def _rows(self, asked: Any) -> Rows:
        self.asked.append(asked)
        await self.gate.wait()
        if self.away is not None:
            raise self.away
        return Rows(({"id": "1", "code": "L1"},), None)


@pytest.fixture
def reads() -> Reads:
    return Reads()


@pytest.fixture
def page(reads: Reads) -> PlantPage:
    class Nothing:
        database = clock = None

    opened = PlantPage(PageContext(Nothing(), None, None, None))  # type: ignore[arg-type]
    opened.reads = reads  # type: ignore[assignment]
    opened.lots.param.update(cursor="c", state="hold", code="L", station="aoi", selected="L9")
    opened.units.param.update(cursor="d")
    return opened


async def test_older_rows_go_on_from_their_cursors_under_the_same_filter(page: PlantPage, reads: Reads) -> None:
    await page.more_lots("")
    await page.more_units("")
    assert reads.asked == [{"state": "hold", "code": "L", "station": "aoi", "cursor": "c"}, ("L9", "d")]
    assert [row["id"] for row in (*page.lots.rows, *page.units.rows)] == ["1", "1"]
    assert (page.lots.cursor, page.units.cursor) == (None, None)


async def test_at_the_end_nothing_older_is_asked_for(page: PlantPage, reads: Reads) -> None:
    page.lots.cursor = page.units.cursor = None
    await page.more_lots("")
    await page.more_units("")
    assert reads.asked == []


@pytest.mark.parametrize(
    ("more", "change"),
    [("more_lots", {"state": "open"}), ("more_lots", {"station": ""}), ("more_lots", {"cursor": "e"}),
     ("more_units", {"selected": "L8"})],
    ids=["another state", "all stations", "fetched already", "another lot"],
)  # fmt: skip
async def test_older_rows_that_are_no_longer_wanted_are_left_out(
    page: PlantPage, reads: Reads, more: str, change: dict[str, str]
) -> None:
    reads.gate.clear()
    asked = asyncio.create_task(getattr(page, more)(""))
    await asyncio.sleep(0)
    page.lots.param.update(**change)
    reads.gate.set()
    await asked
    assert [*page.lots.rows, *page.units.rows] == []


@pytest.mark.parametrize("more", ["more_lots", "more_units"])
async def test_a_database_that_is_away_is_said(page: PlantPage, reads: Reads, more: str) -> None:
    reads.away = ConnectionRefusedError("gone")
    await getattr(page, more)("")
    assert (page.lots.problem, page.units.problem) == (LOOKS, LOOKS)


async def test_a_lot_cannot_be_started_while_the_database_is_away(reads: Reads) -> None:
    reads.away = ConnectionRefusedError("gone")
    asking, lots = AskingModel(), LotsModel()
    acts = LotActs(None, asking, reads=reads, lots=lots, changed=lambda: None)  # type: ignore[arg-type]
    await acts.act("start")
    assert (lots.problem, asking.question) == (AWAY_WORDS, None)


async def test_an_address_that_no_database_takes_shows_what_it_can(services: Services) -> None:
    page = PlantPage(PageContext(services, None, None, None))  # type: ignore[arg-type]
    page.choose({"place": "station:bench", "name": "a\x00", "code": "L\x00", "lot": "L9\x00", "hours": "7"})
    await page._look()
    assert (page.plant.find, page.lots.code, page.lots.selected, page.station.hours) == ("a", "L", "L9", 24)
    assert (page.plant.loaded, page.lots.loaded, page.units.loaded) == (True, True, True)


@pytest.mark.parametrize("id_", ["", "bench", "a\x00"])
async def test_a_station_in_view_goes_by_its_id_alone(services: Services, id_: str) -> None:
    assert await PlantReads(services).station(id_) is None


async def test_an_address_that_changes_much_at_once_is_followed(page: PlantPage) -> None:
    page._told.clear()
    page.choose({"place": "line:1", "name": "a", "lot": "L1", "state": "open"})
    assert page._told.is_set()
    assert (page.plant.selected, page.lots.selected, page.lots.state) == ("line:1", "L1", "open")
