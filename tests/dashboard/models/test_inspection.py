from __future__ import annotations

from typing import Any

import pytest

from dashboard.models.inspection import InspectionModel
from dashboard.models.results import CANCELLED

EVIDENCE = {
    "lines": [{"text": "MC74", "characters": []}],
    "fields": [{"expected": "MC74", "read": "MC74", "line": 0}],
    "reasons": [{"code": "UNVERIFIED", "words": "One."}, {"code": "EXTRA_TEXT", "words": "Two."}],
    "signals": {"ocr": {"score": 9000, "margin": 800}},
    "seconds": {"decode": 0.01, "read": 0.05},
    "signal_version": "ppocr:1",
}
RECIPE = {"signals": {"ocr": {"accept": 0.8, "reject": 0.3, "margin": 0.1, "required": True}}, "pass_score": 0.8}


def view(**changes: Any) -> dict[str, Any]:
    return {
        "id": "7", "state": "done", "verdict": "pass", "created_at": "2026-01-01T00:00:00Z", "evidence": EVIDENCE,
        "image": {"url": "/photo", "width_px": 640, "height_px": 480}, "recipe": {"name": "A", "version": 1},
        "error": None, "file_name": "a.jpg", **changes,
    }  # fmt: skip


def test_an_inspection_is_taken_over_at_one_stroke() -> None:
    model, drawn = InspectionModel(), []
    model.param.watch(lambda *events: drawn.append({event.name for event in events}), ["id", "evidence", "verdict"])
    model.show(view(), RECIPE, newer="8", older="6")
    assert drawn == [{"id", "evidence", "verdict"}]
    assert (model.size_wh, model.newer, model.older) == ([640, 480], "8", "6")


def test_what_cells_draw_is_derived_from_the_evidence() -> None:
    model = InspectionModel()
    model.show(view(), RECIPE)
    assert [line["text"] for line in model.lines] == ["MC74"]
    assert model.fields[0]["expected"] == "MC74"
    assert model.reasons == ["One.", "Two."]
    assert list(model.seconds) == ["decode", "read"]


def test_signals_stand_beside_their_limits() -> None:
    model = InspectionModel()
    model.show(view(), RECIPE)
    (row,) = model.signals
    assert (row["signal"], row["score"], row["margin"]) == ("ocr", 9000, 800)
    assert (row["accept"], row["reject"], row["margin_limit"], row["required"]) == (0.8, 0.3, 0.1, True)


@pytest.mark.parametrize("measured", [{}, {"logo": {"score": -1, "margin": 0}}], ids=["absent", "minus one"])
def test_a_signal_that_was_not_measured_has_no_score(measured: dict[str, Any]) -> None:
    model = InspectionModel()
    model.show(view(evidence={**EVIDENCE, "signals": measured}), {"signals": {"logo": {"accept": 0.5}}})
    assert [(row["signal"], row["score"], row["margin"]) for row in model.signals] == [("logo", None, None)]


def test_a_failure_is_the_reason() -> None:
    model = InspectionModel()
    model.show(view(state="failed", verdict="not_judged", evidence=None, error={"code": "X", "detail": "It broke."}))
    assert model.reasons == ["It broke."]
    assert model.settled


def test_what_was_cancelled_says_so_and_waits_for_nothing() -> None:
    model = InspectionModel()
    model.show(view(state="cancelled", verdict=None, evidence=None))
    assert model.reasons == [CANCELLED]
    assert model.settled


@pytest.mark.parametrize(
    ("state", "settled"), [("queued", False), ("running", False), ("done", True), ("failed", True)]
)
def test_only_what_is_done_is_settled(state: str, settled: bool) -> None:
    model = InspectionModel()
    model.show(view(state=state, evidence=None))
    assert model.settled is settled


def test_pointing_does_not_outlive_the_inspection() -> None:
    model = InspectionModel()
    model.show(view())
    model.pointed = [0, 1]
    model.show(view(id="8"))
    assert model.pointed == []


def test_an_inspection_that_is_not_there_leaves_nothing_of_the_one_before() -> None:
    model = InspectionModel()
    model.show(view(), RECIPE)
    model.miss("9")
    assert model.missing
    assert (model.lines, model.fields, model.image_url, model.verdict) == ([], [], "", None)


def test_read_only_has_no_recipe_and_no_limits() -> None:
    model = InspectionModel()
    model.show(view(recipe=None))
    assert model.recipe is None
    assert model.limits == {}


def test_what_does_not_exist_shows_nothing_of_the_one_before() -> None:
    model = InspectionModel()
    blank = {name: getattr(model, name) for name in model.param if name not in {"name", "id", "missing"}}
    view = {
        "id": "1", "state": "done", "created_at": "2026-01-01T00:00:00Z", "verdict": "pass", "recipe": {"name": "A"},
        "image": {"url": "/photo", "width_px": 4, "height_px": 2}, "evidence": {"lines": []}, "file_name": "a.jpg",
    }  # fmt: skip
    model.show(view, {"signals": {"ocr": {"accept": 0.8}}, "pass_score": 0.7}, newer="0", older="2")
    model.miss("7")
    assert (model.id, model.missing) == ("7", True)
    assert {name: getattr(model, name) for name in blank} == blank
