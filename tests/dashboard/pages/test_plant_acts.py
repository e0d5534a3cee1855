"""What the Plant page asks and does: places, folders and lots, through the same use cases as the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboard.models.asking import AskingModel
from dashboard.models.lots import LotsModel, UnitsModel
from dashboard.models.plant import PlantModel, StationModel
from dashboard.pages.lot_acts import LotActs
from dashboard.pages.plant_acts import PlantActs
from dashboard.pages.plant_reads import PlantReads
from dashboard.pages.unit_acts import UnitActs
from data.queries import plant
from workers.composition import Services


class Desk:
    """The page's models with a person at them."""

    def __init__(self, services: Services) -> None:
        self.reads = PlantReads(services)
        self.asking, self.plant, self.station, self.lots = AskingModel(), PlantModel(), StationModel(), LotsModel()
        self.changes = 0
        self.places = PlantActs(services, self.asking, plant=self.plant, station=self.station, changed=self._changed)
        self.lot_acts = LotActs(services, self.asking, reads=self.reads, lots=self.lots, changed=self._changed)
        self.units = UnitsModel()
        self.unit_acts = UnitActs(
            services, self.asking, units=self.units, changed=self._changed, leave=self.units.leave
        )

    def _changed(self) -> None:
        self.changes += 1

    async def look(self) -> None:
        """Read what the page would."""
        tree = await self.reads.tree([])
        tree = await self.reads.tree([line["id"] for line in tree.lines])
        self.plant.take(tree.sites, tree.lines, tree.stations)
        lots = await self.reads.lots()
        self.lots.replace(lots.rows, lots.cursor)

    async def choose(self, kind: str, name: str) -> None:
        await self.look()
        places = {"site": self.plant.sites, "line": self.plant.lines, "station": self.plant.stations}[kind]
        self.plant.selected = f"{kind}:{next(place['id'] for place in places if place['name'] == name)}"

    async def do(self, act: str, **said: str) -> None:
        """Ask for an act and answer with these values over those offered."""
        lots = dict.fromkeys(("start", "correct", "hold", "release", "close"), self.lot_acts.act)
        units = dict.fromkeys(("tell", "take-back"), self.unit_acts.act)
        deleted = {"delete": self.lot_acts.act} if self.lots.selected else {}
        await {**lots, **units, **deleted}.get(act, self.places.act)(act)
        if self.asking.question is not None:
            offered = {field.name: field.value for field in self.asking.question.fields}
            await self.asking.answer(self.asking.asked, {**offered, **said})
        await self.look()

    async def look_at_units(self, code: str) -> None:
        found = await self.reads.units(code)
        assert found is not None
        assert found.lot is not None
        self.units.replace(found.lot, found.rows, found.cursor)

    def refused(self) -> tuple[str, str]:
        told = (self.asking.where, self.asking.problem)
        self.asking.close()
        return told


@pytest.fixture
async def desk(services: Services) -> Desk:
    made = Desk(services)
    await made.do("add-site", name="North", time_zone="Europe/Berlin")
    await made.do("add-line", name="SMT")
    await made.do("add-station", name="AOI-1")
    return made


async def test_what_is_added_is_shown_and_in_view(desk: Desk) -> None:
    assert desk.plant.chosen is not None
    kind, station = desk.plant.chosen
    assert (kind, station["name"], station["line"], station["site"]) == ("station", "AOI-1", "SMT", "North")
    assert f"line:{station['line_id']}" in desk.plant.open
    assert desk.changes == 3


@pytest.mark.parametrize(
    ("act", "said", "where", "words"),
    [
        ("add-site", {"name": "North"}, "name", "already"),
        ("add-site", {"name": " "}, "name", "Expected 1 to 80 characters, got 0."),
        ("add-site", {"name": "A", "time_zone": "Mars"}, "time_zone", "Expected a time zone such as"),
    ],
    ids=["taken", "empty", "no such zone"],
)
async def test_what_is_wrong_is_said_at_its_field(
    desk: Desk, act: str, said: dict[str, str], where: str, words: str
) -> None:
    await desk.do(act, **said)
    field, problem = desk.refused()
    assert (field, words in problem) == (where, True), problem


async def test_places_are_renamed_moved_and_deleted(desk: Desk) -> None:
    await desk.do("change", name="AOI-7")
    await desk.choose("site", "North")
    await desk.do("add-line", name="THT")
    tht = desk.plant.selected.removeprefix("line:")
    await desk.choose("station", "AOI-7")
    await desk.do("move", line=tht)
    assert desk.plant.chosen is not None
    assert desk.plant.chosen[1]["line"] == "THT"
    await desk.do("delete")
    assert (desk.plant.selected, [s["name"] for s in desk.plant.stations]) == ("", ["bench"])
    await desk.choose("site", "North")
    await desk.do("change", time_zone="Asia/Tokyo")
    assert desk.plant.chosen[1]["time_zone"] == "Asia/Tokyo"


async def test_what_something_hangs_on_is_not_deleted_and_says_what(desk: Desk) -> None:
    await desk.choose("site", "North")
    await desk.do("delete")
    assert desk.refused() == ("", "The site North cannot be deleted: it still has 1 line.")


async def test_what_somebody_else_has_changed_is_not_written_over(desk: Desk, services: Services) -> None:
    await desk.choose("site", "North")
    async with services.database.unit_of_work() as work:
        await work.plant.change("site", (await plant.site(work.session, "North")).id, {"time_zone": "UTC"})
        await work.commit()
    await desk.places.act("change")
    await desk.asking.answer(desk.asking.asked, {"name": "Nord", "time_zone": "Asia/Tokyo"})
    assert "Somebody else has changed" in desk.refused()[1]


@pytest.mark.parametrize("act", ["add-line", "add-station", "change", "move", "delete", "folder", "rest", "nonsense"])
async def test_with_nothing_in_view_there_is_nothing_to_ask(desk: Desk, act: str) -> None:
    desk.plant.selected = ""
    await desk.places.act(act)
    assert desk.asking.question is None


async def test_a_folder_is_watched_rests_and_is_forgotten(desk: Desk, tmp_path: Path) -> None:
    async def stand() -> dict[str, Any] | None:
        found = await desk.reads.station(desk.plant.selected.removeprefix("station:"))
        assert found is not None
        standing = await desk.reads.standing(found, 24)
        desk.station.show(standing.station, standing.folder, standing.refused, standing.reconciled)
        folder: dict[str, Any] | None = desk.station.folder
        return folder

    assert await stand() is None
    for said, where in (
        ({"path": "drops"}, "path"),
        ({"path": str(tmp_path / "none")}, "path"),
        ({"path": str(tmp_path), "naming": "{what}"}, "naming"),
        ({"path": str(tmp_path), "settle_s": "soon"}, "settle_s"),
        ({"path": str(tmp_path), "recipe": "NE555"}, "recipe"),
    ):
        await desk.do("folder", **said)
        field, problem = desk.refused()
        assert field == where, problem
    await desk.do("folder", path=str(tmp_path), naming="{lot}_{serial}", settle_s="1,5")
    folder = await stand()
    assert folder is not None
    assert (folder["path"], folder["naming"], folder["settle_s"], folder["active"]) == (
        str(tmp_path), "{lot}_{serial}", 1.5, True,
    )  # fmt: skip
    await desk.do("rest")
    assert (await stand() or {})["active"] is False
    await desk.do("forget-folder")
    assert await stand() is None


async def test_a_lot_is_started_at_the_station_in_view(desk: Desk, recipe_id: str) -> None:
    (version,) = await desk.reads.versions()
    desk.lots.station = "AOI-1"
    await desk.do("start", code=" L1 ", recipe=str(version.id), date="9950")
    assert desk.lots.selected == "L1"
    assert desk.lots.lot is not None
    shown = (desk.lots.lot["station"], desk.lots.lot["texts"], desk.lots.lot["recipe"]["version"])
    assert shown == ("AOI-1", {"date": "9950"}, 1)


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"code": ""}, "code"),
        ({"code": "a\tb"}, "code"),
        ({"station": "Nowhere"}, "station"),
        ({"date": "9960"}, "date"),
        ({"date": "9950", "lot": "A-1"}, "lot"),
        ({"lot": "AB12"}, "lot"),
        ({"date": "9950", "trace": "X7"}, "trace"),
        ({"recipe": "", "trace": "X7"}, "trace"),
    ],
    ids=[
        "no code",
        "a tab",
        "no such station",
        "week 60",
        "a dash",
        "no place for lots",
        "no place for traces",
        "no recipe",
    ],
)
async def test_what_does_not_fit_a_lot_is_said_at_its_field(
    desk: Desk, recipe_id: str, said: dict[str, str], where: str
) -> None:
    (version,) = await desk.reads.versions()
    await desk.do("start", **{"code": "L1", "recipe": str(version.id), **said})
    field, problem = desk.refused()
    assert (field, bool(problem)) == (where, True), problem
    assert desk.lots.rows == []


async def test_a_lot_is_held_with_a_reason_released_and_closed(desk: Desk) -> None:
    await desk.do("start", code="L1")
    await desk.do("hold", reason=" ")
    assert desk.refused()[0] == "reason"
    for act, reason, state in (("hold", "Wrong label", "hold"), ("release", "Mended", "open"), ("close", "", "closed")):
        await desk.do(act, reason=reason)
        assert desk.lots.lot is not None
        assert (desk.lots.lot["state"], desk.lots.lot["reason"]) == (state, reason)
    await desk.do("hold", reason="Too late")
    assert "closed" in desk.refused()[1]


async def test_a_lot_is_corrected_from_what_it_binds(desk: Desk, recipe_id: str) -> None:
    (version,) = await desk.reads.versions()
    await desk.do("start", code="L1", recipe=str(version.id), date="9950", station="AOI-1")
    await desk.do("correct", date="9960")
    assert desk.refused()[0] == "date"
    await desk.do("correct", date="9951")
    assert desk.lots.lot is not None
    shown = (desk.lots.lot["station"], desk.lots.lot["texts"], desk.lots.lot["recipe"]["version"])
    assert shown == ("AOI-1", {"date": "9951"}, 1)
    await desk.do("correct", station="", recipe="", date="")
    assert (desk.lots.lot["station"], desk.lots.lot["texts"], desk.lots.lot["recipe"]) == (None, {}, None)


async def test_a_lot_is_deleted_while_nothing_came_for_it(desk: Desk) -> None:
    await desk.do("start", code="L1")
    desk.units.lot = desk.lots.lot
    await desk.do("tell", serial="S1")
    await desk.do("delete")
    assert "Parts came" in desk.refused()[1]
    await desk.look_at_units("L1")
    await desk.do("take-back")
    await desk.do("delete")
    assert (desk.lots.rows, desk.lots.selected, desk.asking.problem) == ([], "", "")


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ({"serial": " S1 "}, ("S1", None, None, None)),
        ({"carrier": "T1", "row": "2", "column": "3"}, (None, "T1", 2, 3)),
        ({"serial": "S1", "carrier": "T1", "row": "2", "column": "3"}, ("S1", "T1", 2, 3)),
    ],
    ids=["serial", "place", "both"],
)
async def test_a_unit_is_told_before_its_pictures(desk: Desk, said: dict[str, str], known: tuple[object, ...]) -> None:
    await desk.do("start", code="L1")
    desk.units.lot = desk.lots.lot
    await desk.do("tell", **said)
    await desk.look_at_units("L1")
    assert desk.units.unit is not None
    assert tuple(desk.units.unit[name] for name in ("serial", "carrier", "row", "column")) == known
    await desk.do("tell", **said)
    assert "already" in desk.refused()[1]


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({}, "serial"),
        ({"serial": "a\tb"}, "serial"),
        ({"serial": "S" * 201}, "serial"),
        ({"serial": "S1", "row": "1"}, "carrier"),
        ({"carrier": "T1", "row": "1"}, "column"),
        ({"carrier": "T1", "row": "0", "column": "1"}, "row"),
        ({"carrier": "T1", "row": "1", "column": "\u0663"}, "column"),
        ({"carrier": "T1", "row": str(2**31), "column": "1"}, "row"),
    ],
    ids=["nothing", "a tab", "too long", "no carrier", "no column", "row 0", "a digit of another script", "too far"],
)
async def test_what_is_no_unit_is_said_at_its_field(desk: Desk, said: dict[str, str], where: str) -> None:
    await desk.do("start", code="L1")
    desk.units.lot = desk.lots.lot
    await desk.do("tell", **said)
    assert desk.refused()[0] == where
    await desk.look_at_units("L1")
    assert desk.units.rows == []


async def test_a_lot_started_otherwise_before_is_not_started_again(desk: Desk, recipe_id: str) -> None:
    await desk.do("start", code="L1")
    (version,) = await desk.reads.versions()
    await desk.do("start", code="L1", recipe=str(version.id))
    assert "started before" in desk.refused()[1]
