from __future__ import annotations

import pytest

from core.confusables import ALIKE, MEASURED, confusable, shape


@pytest.mark.parametrize("pair", [*MEASURED, *ALIKE])
def test_pairs_are_confused_in_either_direction(pair: str) -> None:
    assert confusable(pair[0], pair[1])
    assert confusable(pair[1], pair[0])


@pytest.mark.parametrize("pair", ["06", "08", "29", "AB", "00"])
def test_others_are_not(pair: str) -> None:
    assert not confusable(pair[0], pair[1])


def test_every_measured_pair_was_met() -> None:
    assert all(count > 0 and len(pair) == 2 for pair, count in MEASURED.items())


@pytest.mark.parametrize("pair", [*MEASURED, *ALIKE])
def test_pairs_are_of_one_shape(pair: str) -> None:
    assert shape(pair[0]) == shape(pair[1])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("0ODQ", "0000", id="tied through a third"),
        pytest.param("1IL", "111", id="strokes"),
        pytest.param("2Z5S6G8B", "22556688", id="digits stand for letters"),
        pytest.param("3479ACEFHJKMNPRTUVWXY-/", "3479ACEFHJKMNPRTUVWXY-/", id="like no other"),
    ],
)
def test_a_shape_has_one_name(text: str, expected: str) -> None:
    assert shape(text) == shape(shape(text)) == expected
