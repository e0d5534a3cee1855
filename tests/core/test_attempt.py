"""What an attempt is worth, and how its pieces become lines."""

from __future__ import annotations

import numpy as np
import pytest

from core.attempt import DOUBT, ENOUGH, Attempt, Piece, common_angle_deg, rotation_ccw_deg
from core.geometry import as_quad, box_quad, homography
from core.reading import Emissions, Quad
from core.recognition import CROP_HEIGHT_PX, STEP_PX
from tests.core.emissions import ALPHABET, emissions_of
from tests.core.pictures import body


def piece(text: str, quad: Quad, *, sure: float = 0.98) -> Piece:
    emissions = emissions_of(text, sure=sure)
    width = len(emissions.log_probabilities) * STEP_PX
    crop = box_quad(0, 0, width, CROP_HEIGHT_PX)
    return Piece(as_quad(quad), emissions, homography(crop, as_quad(quad)))


def silent() -> Piece:
    table = np.full((4, len(ALPHABET) + 1), np.log(0.01 / len(ALPHABET)), np.float32)
    table[:, 0] = np.log(0.99)
    return Piece(box_quad(0, 0, 10, 10), Emissions(table, ALPHABET), np.eye(3))


def test_surer_and_longer_readings_score_more_and_doubtful_ones_less_than_nothing() -> None:
    sure, doubtful = piece("SN74", box_quad(0, 0, 80, 20)), piece("SN74", box_quad(0, 0, 80, 20), sure=0.6)
    longer = piece("SN74LS00", box_quad(0, 0, 160, 20))
    scores = [Attempt(0, (one,)).score for one in (longer, sure, silent(), doubtful)]
    assert scores == sorted(scores, reverse=True)
    assert scores[1] == pytest.approx(4 * (0.98 - DOUBT), abs=1e-4)
    assert scores[2] == 0.0
    assert scores[3] < 0.0


@pytest.mark.parametrize(
    ("text", "sure", "expected"),
    [
        pytest.param("A" * 1 + "B1" * 3, 0.98, True, id="enough-and-sure"),
        pytest.param("AB1"[:ENOUGH], 0.98, False, id="too-few"),
        pytest.param("A" + "B1" * 3, 0.7, False, id="unsure"),
    ],
)
def test_an_attempt_is_sure_when_enough_was_read_well(text: str, sure: float, expected: bool) -> None:
    assert Attempt(0, (piece(text, box_quad(0, 0, 80, 20), sure=sure),)).is_sure(0.95) is expected


def test_an_attempt_of_nothing_is_worth_nothing() -> None:
    nothing = Attempt(0, ())
    assert (nothing.score, nothing.count, nothing.mean_confidence, nothing.lines()) == (0, 0, 0, ())
    assert not nothing.is_sure(0.0)


def test_what_read_badly_is_no_line() -> None:
    attempt = Attempt(0, (piece("AB12", box_quad(0, 0, 80, 20)), piece("XQ", box_quad(0, 40, 80, 60), sure=0.4)))
    assert [line.text for line in attempt.lines()] == ["AB12"]


@pytest.mark.parametrize("degrees", [0, 12, 45, 90, 135, 180, -60])
def test_lines_run_from_top_to_bottom_as_the_text_reads_at_any_angle(degrees: float) -> None:
    def at(x: float, y: float, width: float) -> Quad:
        flat = box_quad(x, y, x + width, y + 20)
        return as_quad(_turned(flat, degrees))

    attempt = Attempt(0, (piece("SECOND", at(0, 40, 120)), piece("E4", at(140, 4, 30)), piece("FIRST", at(0, 0, 120))))

    assert [line.text for line in attempt.lines()] == ["FIRST E4", "SECOND"]
    assert rotation_ccw_deg(attempt.lines()) == pytest.approx(degrees % 360, abs=2)


def _turned(quad: Quad, degrees: float) -> np.ndarray:
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return quad @ np.array([[cosine, sine], [-sine, cosine]]) + 300


def test_dirt_at_the_ends_of_a_line_is_no_part_of_it() -> None:
    alphabet = (*ALPHABET, ".", ",", "-")
    table = np.full((10, len(alphabet) + 1), np.log(0.02 / len(alphabet)), np.float32)
    for step, character in enumerate(",  -A1. "):
        table[step, alphabet.index(character) + 1] = np.log(0.98)
    table[8:, 0] = np.log(0.98)
    dirty = Piece(box_quad(0, 0, 80, 20), Emissions(table, alphabet), np.eye(3))
    assert [line.text for line in Attempt(0, (dirty,)).lines()] == ["-A1"]


def test_a_line_lies_where_its_crop_was_cut() -> None:
    quad = body((200, 150), (160, 30), 25)
    (line,) = Attempt(0, (piece("AB12", quad),)).lines()
    assert line.quad == pytest.approx(quad, abs=1.0)
    assert line.characters[0].quad.mean(axis=0) == pytest.approx(quad[[0, 3]].mean(axis=0), abs=40)
    assert line.emissions is not None


@pytest.mark.parametrize(
    ("angles", "expected"),
    [
        pytest.param([], 0.0, id="none"),
        pytest.param([10, 12, 11], 11, id="middle"),
        pytest.param([179, -179, 180], 180, id="across-the-half-turn"),
        pytest.param([5, 5, 90], 5, id="an-outlier-does-not-count"),
    ],
)
def test_the_common_angle_is_the_median_one(angles: list[float], expected: float) -> None:
    found = common_angle_deg([body((0, 0), (100, 20), angle) for angle in angles])
    assert (found - expected + 180) % 360 - 180 == pytest.approx(0, abs=0.2)


def test_longer_lines_say_more_about_the_angle() -> None:
    assert common_angle_deg([body((0, 0), (300, 20), 3), body((0, 0), (30, 20), 9), body((0, 0), (30, 20), 12)]) < 4
