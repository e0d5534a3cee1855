"""Crops in, emissions out: order, batching, alphabet."""

from __future__ import annotations

import numpy as np
import pytest

from core import ctc
from core.errors import ModelInvalid
from core.geometry import as_quad, box_quad
from core.recognition import CROP_HEIGHT_PX, MOST_IN_BATCH, MOST_WIDTH_PX, STEP_PX, Recogniser, crop_line
from tests.core.fake_models import FakeModel, saying
from tests.core.pictures import body


def crop(level: int, width: int = 160) -> np.ndarray:
    return np.full((CROP_HEIGHT_PX, width), level, np.uint8)


def recogniser(texts: dict[int, str]) -> tuple[Recogniser, FakeModel]:
    model = FakeModel(saying(texts))
    return Recogniser(model), model  # type: ignore[arg-type]


def test_answers_come_in_the_order_of_the_crops_whatever_their_widths() -> None:
    texts = {20: "SN74", 60: "AB", 200: "A B-1"}
    reader, _ = recogniser(texts)
    answers = reader.read([crop(200, 300), crop(20, 90), crop(60, 160), crop(200, 120)])
    assert [ctc.text(answer) for answer in answers] == ["A B-1", "SN74", "AB", "A B-1"]


def test_crops_of_like_width_share_a_batch() -> None:
    reader, model = recogniser({})
    reader.read([crop(0, 40 + 8 * (at % 5)) for at in range(MOST_IN_BATCH + 3)])
    assert [shape[0] for shape in model.shapes] == [MOST_IN_BATCH, 3]
    assert all(shape[1:3] == (3, CROP_HEIGHT_PX) and shape[3] % STEP_PX == 0 for shape in model.shapes)


def test_nothing_to_read_asks_no_model() -> None:
    reader, model = recogniser({})
    assert reader.read([]) == []
    assert model.shapes == []


def test_padding_gives_no_steps() -> None:
    reader, _ = recogniser({})
    short, _ = reader.read([crop(0, 80), crop(0, 400)])
    assert len(short.log_probabilities) == 10


def test_probabilities_over_the_marks_own_alphabet_sum_to_one() -> None:
    reader, _ = recogniser({20: "A1"})
    (answer,) = reader.read([crop(20)])
    assert np.exp(answer.log_probabilities).sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert "漢" not in answer.alphabet
    assert "é" not in answer.alphabet
    assert answer.alphabet[-1] == " "
    assert {"A", "z", "0", "-", "/", "®"} <= set(answer.alphabet)


def test_a_model_that_names_no_characters_is_refused() -> None:
    with pytest.raises(ModelInvalid, match="names no characters"):
        Recogniser(FakeModel(saying({}), characters=""))  # type: ignore[arg-type]


@pytest.mark.parametrize("degrees", [0, 30, 90, 180])
def test_a_line_is_cut_out_upright_at_the_models_height(degrees: float) -> None:
    grey = np.zeros((300, 400), np.uint8)
    quad = body((200, 150), (160, 32), degrees)
    left = quad[[0, 3]].mean(axis=0)
    grey[
        round(float(left[1])) - 4 : round(float(left[1])) + 5, round(float(left[0])) - 4 : round(float(left[0])) + 5
    ] = 255

    cut, back = crop_line(grey, quad)

    assert cut.shape == (CROP_HEIGHT_PX, 240)
    assert cut[:, :40].max() > 200
    assert cut[:, 40:].max() < 60
    assert (back @ [0, 0, 1])[:2] == pytest.approx(quad[0], abs=1e-3)


@pytest.mark.parametrize(
    "quad",
    [
        pytest.param(box_quad(0, 0, 399, 2), id="a-hair-line"),
        pytest.param(box_quad(10, 10, 11, 60), id="a-sliver"),
        pytest.param(as_quad([[5, 5], [5, 5], [5, 5], [5, 5]]), id="a-point"),
    ],
)
def test_odd_quads_give_crops_of_bounded_width(quad: np.ndarray) -> None:
    if np.ptp(quad) == 0:
        quad = as_quad(quad + np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * 0.5)
    cut, _ = crop_line(np.zeros((100, 400), np.uint8), quad)
    assert cut.shape[0] == CROP_HEIGHT_PX
    assert cut.shape[1] <= MOST_WIDTH_PX
