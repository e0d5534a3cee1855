"""One look: text is sought once an axis, and only along the axes and ways that are needed."""

from __future__ import annotations

import time

import numpy as np
import pytest

from core.detection import Detector
from core.geometry import View
from core.glance import Glance
from core.recognition import Recogniser
from core.stopwatch import Stopwatch
from tests.core.fake_models import FakeModel, bright, saying

LONG = np.zeros((96, 320), np.uint8)
LONG[40:52, 20:300] = 255
SHORT = np.zeros((96, 160), np.uint8)
SHORT[40:60, 60:90] = 255
READS_WELL = dict.fromkeys(range(256), "SN74LS00N")


def look(pixels: np.ndarray, texts: dict[int, str]) -> tuple[Glance, FakeModel, FakeModel]:
    detection, recognition = FakeModel(bright), FakeModel(saying(texts))
    detector, recogniser = Detector(detection), Recogniser(recognition)  # type: ignore[arg-type]
    glance = Glance(View(pixels, np.eye(3)), detector, recogniser, Stopwatch(time.perf_counter))
    return glance, detection, recognition


def test_text_is_sought_once_an_axis() -> None:
    glance, detection, _ = look(LONG, {})
    for way in (0, 1, 2, 3, 0):
        glance.attempt(way)
    assert len(detection.shapes) == 2


def test_clear_shapes_that_read_well_settle_the_axis() -> None:
    glance, detection, recognition = look(LONG, READS_WELL)
    assert glance.best(0.85).way in (0, 2)
    assert len(detection.shapes) == 1
    assert len(recognition.shapes) == 2


@pytest.mark.parametrize(
    ("pixels", "texts"),
    [
        pytest.param(LONG, {}, id="clear-shapes-that-read-badly"),
        pytest.param(SHORT, READS_WELL, id="a-short-word"),
        pytest.param(np.zeros((96, 160), np.uint8), {}, id="nothing"),
    ],
)
def test_else_both_axes_are_tried(pixels: np.ndarray, texts: dict[int, str]) -> None:
    glance, detection, _ = look(pixels, texts)
    glance.best(0.85)
    assert len(detection.shapes) == 2


@pytest.mark.parametrize("way", [0, 2])
def test_each_way_up_reads_from_its_own_left(way: int) -> None:
    glance, _, _ = look(LONG, READS_WELL)
    (piece,) = glance.attempt(way).pieces
    starts_left = piece.quad[0, 0] < piece.quad[1, 0]
    assert starts_left == (way == 0)


@pytest.mark.parametrize("way", [1, 3])
def test_pieces_of_a_turned_view_lie_where_they_are_in_the_picture(way: int) -> None:
    glance, _, _ = look(np.ascontiguousarray(LONG.T), READS_WELL)
    (piece,) = glance.attempt(way).pieces
    assert piece.quad.mean(axis=0) == pytest.approx([45.5, 159.5], abs=3)
    assert (piece.quad[0, 1] < piece.quad[1, 1]) == (way == 1)
