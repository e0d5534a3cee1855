"""Lots and units in their tables: newest first, kept when they do not change, older ones kept when new ones come."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.models.lots import LotsModel, UnitsModel, known_state


def lot(id_: str, state: str = "open") -> dict[str, Any]:
    return {"id": id_, "code": f"L{id_}", "state": state}


def ids(model: LotsModel | UnitsModel) -> list[str]:
    return [row["id"] for row in model.rows]


@pytest.mark.parametrize(("word", "state"), [("hold", "hold"), ("", ""), ("melted", ""), ("OPEN", "")])
def test_only_known_states_filter(word: str, state: str) -> None:
    assert known_state(word) == state


def test_newest_lots_are_taken_over_and_older_ones_stay() -> None:
    model = LotsModel()
    model.replace([lot("5"), lot("4")], "cursor 4")
    model.append([lot("4"), lot("3"), lot("2")], "cursor 2")
    model.take([lot("6"), lot("5", "hold")], "cursor 5")
    assert ids(model) == ["6", "5", "4", "3", "2"]
    assert model.rows[1]["state"] == "hold"
    assert model.cursor == "cursor 2"


def test_a_lot_that_the_filter_lets_through_no_more_goes() -> None:
    model = LotsModel(state="open")
    model.replace([lot("5"), lot("4")], None)
    model.take([lot("5")], None)
    assert ids(model) == ["5"]
    model.take([], None)
    assert ids(model) == []


def test_the_cursor_follows_while_one_page_is_shown() -> None:
    model = LotsModel()
    model.replace([lot("1")], None)
    model.take([lot("2"), lot("1")], "cursor 1")
    assert (ids(model), model.cursor) == (["2", "1"], "cursor 1")
    model.replace([], None)
    model.take([lot("3"), lot("2")], "cursor 2")
    assert model.cursor == "cursor 2"


def test_what_has_not_changed_is_not_drawn_again() -> None:
    model, drawn = LotsModel(), []
    model.replace([lot("1")], None)
    model.param.watch(lambda event: drawn.append(event.name), ["rows"])
    model.take([lot("1")], None)
    assert drawn == []


def test_the_lot_in_view_need_not_be_among_those_shown() -> None:
    model = LotsModel(selected="L9", current=lot("9", "hold"))
    model.replace([lot("1")], None)
    assert model.lot == lot("9", "hold")
    model.selected = "L1"
    assert model.lot == lot("1")


def test_units_are_of_one_lot_until_it_is_left() -> None:
    model = UnitsModel()
    model.replace(lot("1"), [{"id": "7"}], "cursor")
    model.take(lot("1", "closed"), [{"id": "8"}, {"id": "7"}], "cursor")
    assert (ids(model), model.lot["state"]) == (["8", "7"], "closed")
    model.leave()
    assert (model.lot, model.rows, model.cursor, model.loaded) == (None, [], None, False)
