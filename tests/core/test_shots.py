"""The picture that reads best is judged, whatever verdict that gives; a rival in any picture fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pytest

from core.engines import Clock, Engines
from core.evidence import to_document
from core.frame import Frame
from core.geometry import box_quad
from core.inspection import Inspection, inspect, inspect_shots
from core.reading import MarkReading
from core.reasons import Reason
from core.recipe import Recipe
from core.region import Region
from core.shots import Look, Shot, best
from tests.core.marks import mark, recipe

NOW = datetime(2026, 7, 1, tzinfo=UTC)
RECIPE = recipe("SN74LS00N")
RIGHT, RIVAL, NOTHING = mark("SN74LS00N"), mark("SN74LS06N"), mark()
POOR = mark([{letter: 0.6} for letter in "SN74LS00N"])
POOR_RIVAL = mark([{letter: 0.6} for letter in "SN74LS06N"])
FAULTY = mark("SN74LS00N", faults=("two_packages",))


@dataclass
class ReadsInTurn:
    """Answers the pictures in their order; keeps the sizes it was shown."""

    readings: list[MarkReading]
    name: str = "ppocr"
    version: str = "test"
    sizes: list[tuple[int, int]] = field(default_factory=list)

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        self.sizes.append(frame.size_wh)
        return self.readings[len(self.sizes) - 1]


def inspected(readings: Sequence[MarkReading], judging: Recipe | None = RECIPE) -> Inspection:
    frame = Frame(np.zeros((60, 80, 3), np.uint8))
    shots = [Shot(frame, at, f"light {at}") for at in range(len(readings))]
    engines = Engines({"ppocr": ReadsInTurn(list(readings))}, lambda: 0.0)
    return inspect_shots(shots, judging, engines, captured_at=NOW)


@pytest.mark.parametrize(
    ("readings", "picture", "verdict"),
    [
        pytest.param([RIGHT], 0, "pass", id="one"),
        pytest.param([NOTHING, RIGHT], 1, "pass", id="nothing can be read in the other"),
        pytest.param([POOR, RIGHT], 1, "pass", id="the better one"),
        pytest.param([RIGHT, RIGHT], 0, "pass", id="of equals the first"),
        pytest.param([FAULTY, POOR], 1, "borderline", id="one without faults, though it reads worse"),
        pytest.param([POOR, POOR], 0, "borderline", id="none reads well"),
        pytest.param([NOTHING, NOTHING], 0, "not_judged", id="nothing anywhere"),
    ],
)
def test_the_picture_that_reads_best_is_judged(readings: list[MarkReading], picture: int, verdict: str) -> None:
    inspection = inspected(readings)
    assert (inspection.picture, inspection.verdict) == (picture, verdict)
    assert inspection.reading is readings[picture]


@pytest.mark.parametrize(
    ("readings", "verdict"),
    [
        pytest.param([RIVAL, POOR], "fail", id="the rival reads best"),
        pytest.param([RIGHT, RIVAL], "fail", id="the rival reads as well, in another picture"),
        pytest.param([RIVAL, RIGHT], "fail", id="in either order"),
        pytest.param([RIGHT, POOR_RIVAL], "pass", id="a rival that is not legible proves nothing"),
    ],
)
def test_a_legible_rival_in_any_picture_fails(readings: list[MarkReading], verdict: str) -> None:
    inspection = inspected(readings)
    assert inspection.verdict == verdict
    assert bool(inspection.facts & Reason.RIVAL_TEXT) is (verdict == "fail")


def test_it_is_told_which_picture_holds_the_rival() -> None:
    told = inspected([RIGHT, RIVAL]).reasons[0]
    assert told.code == "RIVAL_TEXT"
    assert "SN74LS06N" in told.words
    assert "picture 2 (light 1)" in told.words


def test_the_choice_does_not_look_at_what_is_expected() -> None:
    readings = [POOR, RIVAL, RIGHT, FAULTY]
    chosen = {inspected(readings, judging).picture for judging in (RECIPE, recipe("SN74LS06N"), recipe("NE555"), None)}
    assert len(chosen) == 1


def test_without_a_recipe_the_best_is_read() -> None:
    inspection = inspected([NOTHING, RIGHT], None)
    assert (inspection.verdict, inspection.picture) == ("not_judged", 1)
    assert inspection.reading.texts == ("SN74LS00N",)


def test_the_evidence_says_which_picture_it_is_about_and_what_the_others_say() -> None:
    document = to_document(inspected([POOR, RIGHT]))
    assert document["picture"] == 1
    assert document["pictures"] == [
        {"position": 0, "lighting": "light 0", "score": -1.8, "lines": ["SN74LS00N"], "faults": []},
        {"position": 1, "lighting": "light 1", "score": 1.53, "lines": ["SN74LS00N"], "faults": []},
    ]


def test_a_region_alone_is_read_and_told_in_the_whole_picture() -> None:
    reader = ReadsInTurn([RIGHT])
    frame = Frame(np.zeros((60, 80, 3), np.uint8))
    shot = Shot(frame, region=Region(box_quad(10, 20, 49, 39)))
    inspection = inspect_shots([shot], RECIPE, Engines({"ppocr": reader}, lambda: 0.0), captured_at=NOW)
    assert reader.sizes == [(40, 20)]
    np.testing.assert_allclose(inspection.reading.lines[0].quad, RIGHT.lines[0].quad + np.array([10, 20]))
    assert inspection.verdict == "pass"


def test_one_picture_is_the_same_as_one_shot() -> None:
    frame = Frame(np.zeros((60, 80, 3), np.uint8))
    one = inspect(frame, RECIPE, Engines({"ppocr": ReadsInTurn([RIGHT])}, lambda: 0.0), captured_at=NOW)
    assert (one.verdict, one.picture, len(one.looks)) == ("pass", 0, 1)


def test_a_reading_of_many_doubtful_characters_is_worse_than_a_short_sure_one() -> None:
    looks = [Look(0, None, mark([{letter: 0.5} for letter in "ABCDEFGHIJKL"])), Look(1, None, mark("ABC"))]
    assert best(looks).position == 1
