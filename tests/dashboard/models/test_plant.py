"""The plant as a tree: what is open, what a filter finds, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.models.plant import STATIONS_SHOWN, PlantModel, StationModel, open_at_first, open_lines


def site(id_: str, name: str, lines: int = 1) -> dict[str, Any]:
    return {"id": id_, "name": name, "time_zone": "UTC", "lines": lines, "stations": 1, "tag": "t"}


def line(id_: str, name: str, site_id: str, stations: int = 1) -> dict[str, Any]:
    return {"id": id_, "name": name, "site_id": site_id, "stations": stations, "tag": "t"}


def station(id_: str, name: str, line_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": id_, "name": name, "line_id": line_id, "lot": None, "lot_state": None, "tag": "t", **fields}


def model(**params: Any) -> PlantModel:
    made = PlantModel(**{"open": ["site:1", "line:1"], **params})
    made.take(
        [site("1", "North", 2), site("2", "South")],
        [line("1", "SMT", "1", 2), line("2", "THT", "1"), line("3", "Tape", "2")],
        [station("1", "AOI-1", "1", lot="L1", lot_state="hold"), station("2", "AOI-2", "1")],
    )
    return made


def names(plant: PlantModel) -> list[tuple[int, str]]:
    return [(row["level"], row["name"]) for row in plant.rows]


def test_what_is_open_is_shown_under_what_it_lies_in() -> None:
    assert names(model()) == [(0, "North"), (1, "SMT"), (2, "AOI-1"), (2, "AOI-2"), (1, "THT"), (0, "South")]
    assert names(model(open=[])) == [(0, "North"), (0, "South")]


def test_a_row_says_what_is_in_it_and_whether_it_is_open() -> None:
    north, smt, held, free, *_ = model().rows
    assert (north["about"], north["open"], smt["about"], smt["parent"]) == (
        "2 lines, UTC",
        True,
        "2 stations",
        "site:1",
    )
    assert (held["open"], held["flag"], held["flag_word"], held["flag_says"]) == (None, "hold", "L1", "lot L1, on hold")
    assert "flag" not in free


def test_opening_and_closing_change_only_that_place() -> None:
    plant = model()
    plant.toggle("line:1")
    assert plant.open == ["site:1"]
    plant.toggle("site:2")
    plant.reveal(["site:2", "line:3"])
    assert plant.open == ["site:1", "site:2", "line:3"]
    assert open_lines(plant.open) == ["3"]


@pytest.mark.parametrize(
    ("find", "found"),
    [
        ("aoi", [(0, "North"), (1, "SMT"), (2, "AOI-1"), (2, "AOI-2")]),
        ("tape", [(0, "South"), (1, "Tape")]),
        ("sou", [(0, "South")]),
        ("nothing", []),
    ],
    ids=["stations", "a line", "a site", "none"],
)
def test_a_filter_shows_what_it_finds_and_what_that_lies_in(find: str, found: list[tuple[int, str]]) -> None:
    assert names(model(find=find, open=[])) == found


def test_stations_that_are_not_shown_are_counted() -> None:
    plant = model()
    plant.lines = [line("1", "SMT", "1", 1002)]
    assert plant.rows[-2]["kind"] == "note"
    assert plant.rows[-2]["name"].startswith("1,000 more")


def test_the_place_in_view_is_found_among_those_known() -> None:
    plant = model(selected="line:2")
    assert plant.chosen == ("line", line("2", "THT", "1"))
    for unknown in ("", "line:9", "cheese:1", "station:"):
        plant.selected = unknown
        assert plant.chosen is None


def test_what_has_not_changed_is_not_drawn_again() -> None:
    plant, drawn = model(), []
    plant.param.watch(lambda event: drawn.append(event.name), ["sites", "lines", "stations"])
    plant.take(list(plant.sites), list(plant.lines), [station("1", "AOI-9", "1")])
    assert drawn == ["stations"]


def test_a_small_plant_is_open_at_first_and_a_large_one_is_not() -> None:
    sites, lines = [site("1", "North")], [line("1", "SMT", "1", 3)]
    assert open_at_first(sites, lines) == ["site:1", "line:1"]
    assert open_at_first(sites, [line("1", "SMT", "1", STATIONS_SHOWN)]) == ["site:1"]
    many = [line(str(number), f"L{number}", "1", STATIONS_SHOWN) for number in range(STATIONS_SHOWN + 1)]
    assert open_at_first(sites, many) == []


def test_a_station_is_in_view_until_it_is_left() -> None:
    shown = StationModel()
    shown.show(station("1", "AOI-1", "1"), {"path": "/srv"}, [{"name": "a.png"}], {"triggers": 3})
    assert (shown.loaded, shown.folder, shown.refused) == (True, {"path": "/srv"}, [{"name": "a.png"}])
    shown.leave()
    assert (shown.station, shown.folder, shown.refused, shown.loaded) == (None, None, [], False)
