from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.frame import Frame
from core.thumbnail import thumbnail


def frame(size_wh: tuple[int, int], value: int = 90) -> Frame:
    return Frame(np.full((size_wh[1], size_wh[0], 3), value, np.uint8))


@pytest.mark.parametrize(
    ("size_wh", "expected_wh"),
    [
        pytest.param((800, 600), (256, 192), id="wide"),
        pytest.param((600, 800), (192, 256), id="tall"),
        pytest.param((256, 256), (256, 256), id="just so"),
        pytest.param((40, 30), (40, 30), id="never larger"),
        pytest.param((4000, 2), (256, 1), id="a sliver"),
    ],
)
def test_the_longer_side_is_bounded(size_wh: tuple[int, int], expected_wh: tuple[int, int]) -> None:
    pixels = cv2.imdecode(np.frombuffer(thumbnail(frame(size_wh)), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape[1::-1] == expected_wh
    assert abs(int(pixels.mean()) - 90) <= 2


def test_the_same_frame_gives_the_same_bytes() -> None:
    assert thumbnail(frame((800, 600))) == thumbnail(frame((800, 600)))
    assert thumbnail(frame((800, 600))) != thumbnail(frame((800, 600), 91))


@pytest.mark.parametrize("size_wh", [(1280, 1024), (1283, 1021), (511, 300), (520, 3000)])
def test_it_shows_the_same_as_one_made_in_a_single_step(size_wh: tuple[int, int]) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (8, 8, 3), np.uint8)
    smooth = cv2.resize(noise, size_wh, interpolation=cv2.INTER_CUBIC)
    made = cv2.imdecode(np.frombuffer(thumbnail(Frame(smooth)), np.uint8), cv2.IMREAD_COLOR)
    assert made is not None
    plain = cv2.resize(smooth, made.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(made.astype(int) - plain).mean() < 6
