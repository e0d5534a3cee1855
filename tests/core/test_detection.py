"""From a map of text probability to rotated boxes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.detection import UNCLIP, Detector, boxes
from core.geometry import angle_deg, side_lengths_wh
from tests.core.fake_models import FakeModel, bright
from tests.core.pictures import body


def blob(degrees: float = 0.0, size: tuple[float, float] = (120, 20), level: float = 0.9) -> np.ndarray:
    probabilities = np.zeros((200, 300), np.float32)
    cv2.fillConvexPoly(probabilities, np.rint(body((150, 100), size, degrees)).astype(np.int32), level)
    return probabilities


@pytest.mark.parametrize("degrees", [0, 15, -30, 44])
def test_a_blob_becomes_one_box_grown_by_what_the_map_leaves_out(degrees: float) -> None:
    (found,) = boxes(blob(degrees))
    grow = 120 * 20 * UNCLIP / (2 * (120 + 20))
    assert side_lengths_wh(found.quad) == pytest.approx((120 + 2 * grow, 20 + 2 * grow), abs=8)
    assert angle_deg(found.quad) == pytest.approx(degrees, abs=2)
    assert found.quad.mean(axis=0) == pytest.approx([150, 100], abs=1.5)
    assert found.score == pytest.approx(0.9, abs=0.1)


@pytest.mark.parametrize(
    ("probabilities", "count"),
    [
        pytest.param(np.zeros((64, 64), np.float32), 0, id="nothing"),
        pytest.param(blob(level=0.29), 0, id="below-the-threshold"),
        pytest.param(blob(level=0.4), 0, id="too-unsure"),
        pytest.param(blob(size=(2, 1)), 0, id="a-speck"),
        pytest.param(np.maximum(blob(), np.roll(blob(), 60, axis=0)), 2, id="two-lines"),
        pytest.param(np.ones((64, 64), np.float32), 1, id="everything"),
    ],
)
def test_what_is_no_text_gives_no_box(probabilities: np.ndarray, count: int) -> None:
    assert len(boxes(probabilities)) == count


@pytest.mark.parametrize("shape", [(32, 32), (33, 65), (50, 200), (7, 9)])
def test_the_model_sees_whole_strides_and_answers_are_cut_back(shape: tuple[int, int]) -> None:
    model = FakeModel(bright)
    answer = Detector(model).probabilities(np.zeros(shape, np.uint8))  # type: ignore[arg-type]
    assert answer.shape == shape
    ((_, channels, height, width),) = model.shapes
    assert channels == 3
    assert height % 32 == width % 32 == 0


def test_grey_levels_reach_the_model_as_minus_one_to_one() -> None:
    seen: list[np.ndarray] = []
    model = FakeModel(lambda batch: seen.append(batch) or np.zeros((1, 1, *batch.shape[2:])))
    Detector(model).detect(np.tile(np.array([[0, 255]], np.uint8), (32, 16)))  # type: ignore[arg-type]
    assert (seen[0].min(), seen[0].max()) == (-1.0, 1.0)


def test_the_version_names_the_weights() -> None:
    assert Detector(FakeModel(bright)).version == "det-0123456789ab"  # type: ignore[arg-type]
