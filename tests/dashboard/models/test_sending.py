from __future__ import annotations

from typing import Any

import pytest

from dashboard.api.run_fields import RunFields
from dashboard.models.sending import SendingModel


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({}, {"type": "parts"}),
        ({"label": " Reel 7 ", "lot": "L1"}, {"type": "parts", "label": "Reel 7", "lot": "L1"}),
        ({"part_number": "NE555"}, {"type": "parts", "part_number": "NE555"}),
        ({"carrier": "T-1"}, {"type": "parts"}),
        ({"type": "tray", "carrier": "T-1"}, {"type": "tray", "carrier": "T-1", "rows": 5, "columns": 8}),
    ],
    ids=["nothing", "label and lot", "part number", "a carrier is of trays", "tray"],
)
def test_the_fields_are_those_of_the_api_without_what_is_left_out(said: dict[str, Any], fields: dict[str, Any]) -> None:
    model = SendingModel(**said)
    assert model.fields() == fields
    assert RunFields.model_validate(fields)


def test_a_recipe_goes_before_a_part_number() -> None:
    model = SendingModel(part_number="NE555")
    model.offer([{"id": "7", "name": "A"}])
    model.recipe = "7"
    assert model.fields() == {"type": "parts", "recipe": "7"}


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({}, False),
        ({"type": "tray"}, True),
        ({"type": "tray", "carrier": " "}, True),
        ({"type": "tray", "carrier": "T"}, False),
    ],
    ids=["parts", "a tray without a name", "a blank name", "a tray"],
)
def test_a_tray_needs_its_name(said: dict[str, Any], missing: bool) -> None:
    assert bool(SendingModel(**said).missing) is missing


def test_for_the_next_run_what_is_the_same_all_day_stays() -> None:
    model = SendingModel(label="A", lot="L", carrier="T", station="S1", part_number="NE555")
    model.clear()
    assert (model.label, model.lot, model.carrier) == ("", "", "")
    assert (model.station, model.part_number) == ("S1", "NE555")
