"""The cells of the Plant page: what each shows, what it hands on, and that it works alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dashboard.cells.address import AddressLine
from dashboard.cells.asking import AskingDialog
from dashboard.cells.cell import Cell
from dashboard.cells.lots import LotTable, UnitTable, lot_row, unit_row
from dashboard.cells.plant import Places, StationFacts, difference
from dashboard.models.asking import AskingModel, Field, Question, Values
from dashboard.models.lots import LotsModel, UnitsModel
from dashboard.models.plant import PlantModel, StationModel
from tests.dashboard.cells.alone import shown_alone
from tests.dashboard.cells.test_inspection_cells import Event
from tests.dashboard.models.test_plant import model, station

RECIPE = {"name": "74LS00", "version": 3}
COUNTS = {"passed": 5, "borderline": 1, "failed": 0, "not_judged": 0, "waiting": 2, "ended": 3}
COUNTED = {
    "triggers": 5, "received": 5, "refused": 0, "unopened": 0, "inspections": 5, "waiting": 0, "judged": 5,
    "failed": 0, "cancelled": 0, "missing": 0, "lost": 0, "gaps": [],
}  # fmt: skip


def lot(code: str = "L1", **fields: Any) -> dict[str, Any]:
    told = {"id": f"id-{code}", "code": code, "state": "open", "station": "AOI-1", "recipe": RECIPE, "reason": ""}
    times = {"created_at": "2026-01-01T00:00:00+00:00", "started_at": None}
    return {**told, **times, "texts": {"date": "2431"}, "counts": COUNTS, "marks": [], **fields}


def unit(**fields: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": "u1",
        "serial": None,
        "carrier": None,
        "row": None,
        "column": None,
        "attempts": 1,
        "looks": [],
    }
    return {**told, "created_at": "2026-01-01T00:00:00+00:00", **fields}


@pytest.mark.parametrize(
    ("made", "shows"),
    [
        (lambda: Places(PlantModel()), {"rows": [], "problem": "", "selected": ""}),
        (lambda: StationFacts(StationModel()), {"title": "Station", "actions": []}),
        (lambda: LotTable(LotsModel()), {"title": "Lots", "rows": [], "more": False}),
        (lambda: UnitTable(UnitsModel()), {"title": "Units", "rows": [], "more": False}),
        (lambda: AskingDialog(AskingModel()), {"question": {}, "busy": False}),
        (AddressLine, {"query": {}}),
    ],
    ids=["places", "station", "lots", "units", "asking", "address"],
)
def test_every_cell_stands_alone_even_with_nothing_in_view(made: Callable[[], Cell], shows: dict[str, Any]) -> None:
    assert shown_alone(made(), *shows) == shows


async def test_a_place_is_chosen_and_left_by_the_same_click() -> None:
    places = Places(model())
    for selected in ("line:2", ""):
        await places.heard(Event(select="line:2"))
        assert (places.model.selected, places.tree.selected) == (selected, selected)


async def test_places_are_opened_found_and_acted_on() -> None:
    asked: list[str] = []

    async def act(word: str) -> None:
        asked.append(word)

    places = Places(model(), act)
    await places.heard(Event(toggle="site:2"))
    await places.heard(Event(filter={"find": "tape"}))
    await places.heard(Event(act="add-site"))
    assert (places.model.open[-1], places.model.find, asked) == ("site:2", "tape", ["add-site"])
    assert [row["name"] for row in places.tree.rows] == ["South", "Tape"]


@pytest.mark.parametrize(
    ("selected", "acts"),
    [
        ("", ["add-site"]),
        ("site:1", ["add-line", "change", "delete", "add-site"]),
        ("line:1", ["add-station", "change", "move", "delete"]),
        ("station:1", ["change", "move", "delete"]),
    ],
    ids=["nothing", "site", "line", "station"],
)
def test_what_can_be_done_goes_by_what_is_chosen(selected: str, acts: list[str]) -> None:
    shown = Places(model(selected=selected)).tree.actions
    assert [one["act"] for one in shown] == acts
    assert len({one["key"] for one in shown if one["key"]}) == len([one for one in shown if one["key"]])


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ({}, ""),
        ({"loaded": True}, "No sites yet"),
        ({"loaded": True, "find": "x"}, "No place is called x"),
        ({"problem": "Away."}, "The plant cannot be shown"),
    ],
    ids=["on its way", "empty", "filter", "database away"],
)
def test_an_empty_plant_says_why_and_what_to_do(state: dict[str, Any], title: str) -> None:
    tree = Places(PlantModel(**state)).tree
    assert (tree.empty_title, bool(tree.empty_text)) == (title, bool(title))


def test_a_plant_that_is_no_longer_fresh_stays_and_says_so() -> None:
    plant = model()
    places = Places(plant)
    plant.problem = "Away."
    assert (places.tree.problem, len(places.tree.rows)) == ("Away.", 6)


def facts(**fields: Any) -> StationFacts:
    shown = StationModel()
    cell = StationFacts(shown)
    told = {"site": "North", "line": "SMT", "time_zone": "UTC", **fields.pop("station", {})}
    folder = fields.pop("folder", None)
    shown.show(station("1", "<AOI>", "1", **told), folder, fields.pop("refused", []), {**COUNTED, **fields})
    return cell


def test_a_station_shows_that_all_goes_together() -> None:
    cell = facts()
    assert cell.facts.visible
    assert "Every trigger has its picture" in cell.facts.html
    assert "told wrong" not in cell.facts.html
    assert (cell.facts.title, "<AOI>" in cell.facts.html) == ("Station <AOI>", False)


@pytest.mark.parametrize(
    ("counted", "words"),
    [
        ({"missing": 3}, "3 triggers have no picture."),
        ({"missing": 1}, "1 trigger has no picture."),
        ({"missing": -2}, "2 pictures have no trigger."),
        ({"missing": -1}, "1 picture has no trigger."),
        ({"lost": 4}, "4 inspections have neither an end nor a place in the queue."),
        (
            {"missing": 1, "lost": 1},
            "1 trigger has no picture. 1 inspection has neither an end nor a place in the queue.",
        ),
    ],
    ids=["missing", "one missing", "too many", "one too many", "lost", "both"],
)
def test_a_difference_is_shown_plainly(counted: dict[str, int], words: str) -> None:
    assert difference({**COUNTED, **counted}) == words
    assert f'class="told wrong" role="status">{words}' in facts(**counted).facts.html


def test_a_station_that_says_no_triggers_is_not_said_to_agree_with_them() -> None:
    html = facts(triggers=None).facts.html
    assert "the station says nothing" in html
    assert "Every trigger" not in html


def test_missing_trigger_numbers_are_named() -> None:
    html = facts(missing=3, gaps=[{"first": 4, "last": 4}, {"first": 7, "last": 8}]).facts.html
    assert "Trigger numbers without a picture: 4, 7 to 8" in html


def test_a_station_shows_its_folder_and_what_was_refused_of_it() -> None:
    folder = {"path": "/srv/<drop>", "naming": "{lot}_{serial}", "recipe": "", "settle_s": 2.0, "active": False}
    cell = facts(folder=folder, refused=[{"name": "a.txt", "detail": "No picture.", "refused_at": "x"}])
    for words in ("/srv/&lt;drop&gt;", "{lot}_{serial}", "resting", "a.txt: No picture."):
        assert words in cell.facts.html
    assert [one["act"] for one in cell.facts.actions] == ["folder", "rest", "forget-folder"]


def test_a_station_shows_its_hours_in_the_time_of_its_site() -> None:
    cell = facts(station={"time_zone": "Europe/Berlin"})
    assert "Hour by hour" not in cell.facts.html
    times = {"since": "2026-07-01T10:00:00+00:00", "until": "2026-07-01T11:00:00+00:00"}
    cell.model.by_hour = [{**COUNTED, **times, "missing": 1}]
    assert "Hour by hour, in the time of Europe/Berlin" in cell.facts.html
    assert "01 Jul 12:00" in cell.facts.html
    cell.model.leave()
    assert cell.model.by_hour == []


def test_a_held_lot_is_said_at_its_station() -> None:
    html = facts(station={"lot": "L&1", "lot_state": "hold"}).facts.html
    assert "On hold: its parts are taken, and fail for it." in html
    assert 'href="/plant?place=station%3A1&amp;lot=L%261"' in html


async def test_hours_are_chosen_among_those_offered() -> None:
    cell = facts()
    await cell.heard(Event(filter={"hours": "168"}))
    await cell.heard(Event(filter={"hours": "9"}))
    assert (cell.model.hours, cell.facts.filters[0]["value"]) == (168, "168")


def test_without_a_station_nothing_is_shown_of_one() -> None:
    cell = facts()
    cell.model.leave()
    assert not cell.facts.visible
    cell.model.problem = "There is no such station any more."
    assert cell.facts.visible
    assert "There is no such station any more." in cell.facts.html


def test_a_lot_is_a_row() -> None:
    cells = lot_row(lot(state="hold", reason="Wrong label"))["cells"]
    assert cells["code"] == {"top": "L1", "under": "AOI-1"}
    assert (cells["state"]["word"], cells["state"]["says"]) == ("On hold", "Wrong label")
    assert cells["recipe"] == {"top": "74LS00, version 3", "under": "date 2431"}
    shown = ("passed", "borderline", "failed", "not_judged", "waiting", "ended")
    assert [cells[name] for name in shown] == [5, 1, 0, 0, 2, 3]
    named = lot_row(lot(recipe=None, texts={}, station=None))["cells"]
    assert (named["recipe"]["top"], named["code"]["under"]) == ("no recipe bound", "any station")


@pytest.mark.parametrize(
    ("fields", "top", "under"),
    [
        ({"serial": "S1"}, "S1", ""),
        ({"serial": "S1", "carrier": "T-1", "row": 2, "column": 3}, "S1", "T-1, row 2, column 3"),
        ({"carrier": "T-1", "row": 2, "column": 3}, "T-1, row 2, column 3", ""),
        ({}, "loose part", ""),
    ],
    ids=["serial", "both", "place", "neither"],
)
def test_a_unit_is_known_by_what_it_has(fields: dict[str, Any], top: str, under: str) -> None:
    assert unit_row(unit(**fields))["cells"]["unit"] == {"top": top, "under": under}


def test_every_look_at_a_unit_leads_to_its_inspection() -> None:
    looks = [
        {"inspection_id": "i1", "attempt": 1, "state": "done", "verdict": "fail"},
        {"inspection_id": "i2", "attempt": 2, "state": "cancelled", "verdict": None},
    ]
    first, second = unit_row(unit(looks=looks))["cells"]["looks"]
    assert (first["href"], first["says"], first["number"]) == ("/inspection?id=i1", "Attempt 1: fail", 1)
    assert second["says"] == "Attempt 2: cancelled"


async def test_a_lot_is_chosen_by_its_code_and_offers_what_its_state_allows() -> None:
    table = LotTable(LotsModel())
    table.model.replace([lot("L2", state="hold"), lot("L1"), lot("L0", state="closed")], "cursor")
    assert table.table.more
    for code, acts in (("L2", ["release", "close", "start"]), ("L1", ["hold", "close", "start"]), ("L0", ["start"])):
        await table.heard(Event(select=f"id-{code}"))
        assert (table.model.selected, table.table.selected) == (code, f"id-{code}")
        assert [one["act"] for one in table.table.actions] == acts
    await table.heard(Event(select="id-L0"))
    assert (table.model.selected, table.table.selected) == ("", "")


@pytest.mark.parametrize(
    ("fields", "acts"),
    [
        ({"started_at": "2026-01-01T00:00:00+00:00"}, ["hold", "close", "correct", "delete", "start"]),
        ({}, ["hold", "close", "delete", "start"]),
        ({"counts": {**dict.fromkeys(COUNTS, 0), "ended": 1}}, ["hold", "close", "start"]),
        ({"state": "closed"}, ["start"]),
    ],
    ids=["started", "merely named", "a part came", "closed"],
)
def test_a_lot_for_which_nothing_came_can_be_mended(fields: dict[str, Any], acts: list[str]) -> None:
    table = LotTable(LotsModel(selected="L1"))
    table.model.replace([lot(**{"counts": dict.fromkeys(COUNTS, 0), **fields})], None)
    assert [one["act"] for one in table.table.actions] == acts


async def test_a_unit_that_nobody_looked_at_can_be_taken_back() -> None:
    table = UnitTable(UnitsModel())
    table.model.replace(lot(), [unit(id="u1", attempts=0), unit(id="u2")], None)
    for chosen, acts in (("u1", ["take-back", "tell", "leave"]), ("u2", ["tell", "leave"]), ("u2", ["tell", "leave"])):
        await table.heard(Event(select=chosen))
        assert [one["act"] for one in table.table.actions] == acts
    assert (table.model.selected, table.table.selected) == ("", "")
    table.model.replace(lot(state="closed"), [], None)
    assert [one["act"] for one in table.table.actions] == ["leave"]


async def test_lots_are_filtered_asked_for_and_acted_on() -> None:
    asked: list[str] = []

    async def act(word: str) -> None:
        asked.append(word or "more")

    table = LotTable(LotsModel(), act, act)
    for said in ({"filter": {"state": "hold"}}, {"filter": {"code": "L2"}}, {"more": True}, {"act": "start"}):
        await table.heard(Event(**said))
    assert (table.model.state, table.model.code, asked) == ("hold", "L2", ["more", "start"])
    await table.heard(Event(filter={"state": "melted"}))
    assert table.model.state == ""


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ({}, ""),
        ({"loaded": True}, "No lots yet"),
        ({"loaded": True, "code": "L9"}, "No lot is called L9"),
        ({"loaded": True, "state": "hold"}, "No lot is on hold"),
        ({"problem": "Away."}, "Lots cannot be shown"),
    ],
    ids=["on its way", "empty", "search", "state", "database away"],
)
def test_no_lots_say_why_and_what_to_do(state: dict[str, Any], title: str) -> None:
    table = LotTable(LotsModel(**state)).table
    assert (table.empty_title, bool(table.empty_text)) == (title, bool(title))


def test_units_say_what_their_lots_marks_say() -> None:
    table = UnitTable(UnitsModel())
    assert not table.table.visible
    marks = [{"expected": "FFFG{YYWW}", "text": text, "units": units} for text, units in (("9203", 12), ("9204", 1))]
    table.model.replace(lot(marks=marks, reason="Two dates", state="hold"), [unit(serial="S1")], None)
    assert table.table.visible
    assert table.table.note == "On hold: Two dates  Marks differ: 9203 (12), 9204 (1)."
    table.model.replace(lot(marks=marks[:1]), [], None)
    assert (table.table.note, table.table.empty_title) == ("Marks read: 9203 (12).", "No units yet")


async def test_a_question_is_asked_whole_and_its_answer_handed_on() -> None:
    done: list[Values] = []

    async def answered(values: Values) -> None:
        done.append(values)

    dialog = AskingDialog(AskingModel())
    dialog.model.ask(Question("Add a site", "Add", answered, (Field("name", "Name", value="A"),), danger=True))
    asked = dialog.dialog.question
    assert (asked["title"], asked["danger"], asked["fields"][0]["name"], asked["asked"]) == (
        "Add a site",
        True,
        "name",
        1,
    )
    dialog.model.param.update(problem="Taken.", where="name", told=1)
    assert (dialog.dialog.problem, dialog.dialog.where, dialog.dialog.told) == ("Taken.", "name", 1)
    await dialog.heard(Event(submit={"name": "B"}, asked=1))
    assert (done, dialog.dialog.question) == ([{"name": "B"}], {})


async def test_a_question_is_taken_back_only_while_it_is_asked() -> None:
    async def answered(_: Values) -> None: ...

    dialog = AskingDialog(AskingModel())
    dialog.model.ask(Question("First", "On", answered))
    dialog.model.ask(Question("Second", "On", answered))
    await dialog.heard(Event(cancel=1))
    assert dialog.dialog.question["title"] == "Second"
    await dialog.heard(Event(cancel=2))
    assert dialog.dialog.question == {}


def test_the_address_has_what_is_chosen_and_tells_what_back_chooses() -> None:
    told: list[dict[str, str]] = []
    line = AddressLine(lambda query: told.append(dict(query)))
    line.say({"lot": "L1", "state": ""})
    assert line.address.query == {"lot": "L1"}
    line.heard(Event(query={"state": "hold"}))
    assert (told, line.address.query) == ([{"state": "hold"}], {"state": "hold"})
