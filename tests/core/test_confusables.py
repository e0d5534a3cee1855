from __future__ import annotations

import pytest

from core.confusables import ALIKE, MEASURED, confusable


@pytest.mark.parametrize("pair", [*MEASURED, *ALIKE])
def test_pairs_are_confused_in_either_direction(pair: str) -> None:
    assert confusable(pair[0], pair[1])
    assert confusable(pair[1], pair[0])


@pytest.mark.parametrize("pair", ["06", "08", "29", "AB", "00"])
def test_others_are_not(pair: str) -> None:
    assert not confusable(pair[0], pair[1])


def test_every_measured_pair_was_met() -> None:
    assert all(count > 0 and len(pair) == 2 for pair, count in MEASURED.items())
