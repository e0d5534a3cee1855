"""What is offered to people of each role: what they may do, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from core.rights import ACTIONS, PERSONS, Role, may
from dashboard.cells.cell import offered
from dashboard.cells.lots import LotTable, UnitTable
from dashboard.cells.plant import Places, StationFacts
from dashboard.cells.results import Results
from dashboard.cells.run import RunSheetHead
from dashboard.cells.runs import Runs
from dashboard.models.lots import LotsModel, UnitsModel
from dashboard.models.plant import PlantModel, StationModel
from dashboard.models.results import ResultsModel
from dashboard.models.run import RunModel
from dashboard.models.runs import RunsModel
from tests.dashboard.cells.test_plant_cells import lot, unit
from tests.dashboard.models.test_plant import model as plant
from tests.dashboard.models.test_plant import station
from tests.dashboard.models.test_results import view
from tests.dashboard.models.test_runs import run_view

UNUSED = dict.fromkeys(("passed", "borderline", "failed", "not_judged", "waiting", "ended"), 0)
STARTED = {"counts": UNUSED, "started_at": "2026-01-01T00:00:00+00:00"}
FOLDER = {"path": "/x", "naming": "", "recipe": "", "active": True}
PLACE = {"site": "North", "line": "SMT", "time_zone": "UTC"}
ADDED = ["tell", "take-back"]
PLACED = ["add-line", "change", "delete", "add-site"]


def rights_of(role: Role) -> frozenset[str]:
    return frozenset(action for action in ACTIONS if may(role, action))


def acts(actions: list[Mapping[str, Any]]) -> set[str]:
    return {str(one["act"]) for one in actions}


def on_the_plant(rights: frozenset[str]) -> set[str]:
    """Return all that the Plant page offers, of a site, a station, and a lot with units that nothing came for."""
    lots, units, stations = LotsModel(selected="L1"), UnitsModel(), StationModel()
    lots.replace([lot("L1", **STARTED)], None)
    units.replace(lot("L1"), [unit(attempts=0)], None)
    units.selected = "u1"
    stations.show({**station("1", "AOI-1", "1"), **PLACE}, FOLDER, [], {})
    return (
        acts(Places(plant(selected="site:1"), rights=rights).tree.actions)
        | acts(StationFacts(stations, rights=rights).facts.actions)
        | acts(LotTable(lots, rights=rights).table.actions)
        | acts(UnitTable(units, rights=rights).table.actions)
    )


FOLDERS = ["folder", "rest", "forget-folder"]
LOTS = ["start", "correct", "hold", "close"]
ON_THE_PLANT = {
    Role.VIEWER: {"leave"},
    Role.REVIEWER: {"leave", "hold"},
    Role.MANAGER: {"leave", "hold", "close"},
    Role.ENGINEER: {"leave", *PLACED, *FOLDERS, *LOTS, *ADDED},
    Role.ADMIN: {"leave", *PLACED, *FOLDERS, *LOTS, *ADDED},
}


@pytest.mark.parametrize("role", PERSONS)
def test_the_plant_offers_what_a_role_may_do(role: Role) -> None:
    assert on_the_plant(rights_of(role)) == ON_THE_PLANT[role]


@pytest.mark.parametrize("role", PERSONS)
def test_a_held_lot_is_released_by_who_may(role: Role) -> None:
    lots = LotsModel(selected="L1")
    lots.replace([lot("L1", state="hold")], None)
    offers = acts(LotTable(lots, rights=rights_of(role)).table.actions)
    assert ("release" in offers) is may(role, "lot.release")


@pytest.mark.parametrize("role", PERSONS)
def test_runs_are_begun_sent_to_cancelled_and_retried_by_who_may(role: Role) -> None:
    rights, run = rights_of(role), RunModel(id="x")
    head = RunSheetHead(run, rights=rights).head
    run.show(run_view(1, "pending"))
    assert (head.can_send, head.can_cancel) == (may(role, "run.submit"), may(role, "run.cancel"))
    run.show(run_view(1, "done", {"errors": 1}))
    assert (head.can_retry, Runs(RunsModel(), rights=rights).table.sends) == (
        may(role, "run.cancel"),
        may(role, "run.submit"),
    )


@pytest.mark.parametrize("role", PERSONS)
def test_a_recipe_is_made_of_a_result_by_who_may_publish_it(role: Role) -> None:
    results = ResultsModel()
    results.replace([view(1, evidence={"lines": [{"text": "A"}]})], None)
    (item,) = Results(results, rights=rights_of(role)).list.items
    assert bool(item["teach_href"]) is may(role, "recipe.publish")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (lambda rights: Places(PlantModel(loaded=True), rights=rights).tree, "Add a site"),
        (lambda rights: LotTable(LotsModel(loaded=True), rights=rights).table, "Start one"),
        (lambda rights: Results(ResultsModel(loaded=True), rights=rights).list, "Drop a photo"),
        (lambda rights: Runs(RunsModel(loaded=True), rights=rights).table, "Drop photos"),
    ],
    ids=["places", "lots", "results", "runs"],
)
def test_nobody_is_told_to_do_what_they_may_not(cell: Any, words: str) -> None:
    assert words in cell(rights_of(Role.ENGINEER)).empty_text
    said = cell(rights_of(Role.VIEWER)).empty_text
    assert said
    assert words not in said


def test_what_names_no_right_is_offered_to_everybody_and_rights_stay_on_the_server() -> None:
    controls = [{"act": "a"}, {"act": "b", "right": "lot.hold"}, {"act": "c", "right": "lot.close"}]
    assert offered(controls, {"lot.hold"}) == [{"act": "a"}, {"act": "b"}]
