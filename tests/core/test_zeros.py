"""Zero or O: what the neighbours decide, and what stays as it was read."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.geometry import box_quad
from core.reading import Candidate, CharacterReading
from core.zeros import settled


def read(text: str, rivals: str = "") -> tuple[CharacterReading, ...]:
    """Characters of 0.9, each with a rival of 0.05 where one is named."""
    rivals = rivals.ljust(len(text))
    return tuple(
        CharacterReading(
            (
                Candidate(character, math.log(0.9)),
                *([Candidate(rival, math.log(0.05))] if rival != " " else []),
                Candidate("Z", math.log(0.01)),
            ),
            box_quad(at, 0, at + 1, 1),
        )
        for at, (character, rival) in enumerate(zip(text, rivals, strict=True))
    )


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("ON97V", "0N97V"),
        ("MC74HC2ON", "MC74HC20N"),
        ("GK9031Yo", "GK9031Y0"),
        ("MICROCHIP", "MICROCHIP"),
        ("TOSHIBA 2O19", "TOSHIBA 2019"),
        ("O", "O"),
        ("", ""),
        (" O1 ", " 01 "),
        ("0OO0", "0000"),
    ],
)
def test_a_letter_o_among_digits_is_a_zero(line: str, text: str) -> None:
    assert "".join(character.text for character in settled(read(line))) == text


def test_the_letter_stays_as_the_runner_up() -> None:
    (zero, _) = settled(read("O1", "0"))
    assert zero.text == "0"
    assert zero.runner_up == "O"
    assert zero.confidence == pytest.approx(0.9)
    assert zero.margin == pytest.approx(0.85)
    assert [candidate.text for candidate in zero.candidates] == ["0", "O", "Z"]


def test_candidates_stay_in_order_and_place() -> None:
    before = read("2O", " 0")
    after = settled(before)
    for character, was in zip(after, before, strict=True):
        logs = [candidate.log_probability for candidate in character.candidates]
        assert logs == sorted(logs, reverse=True)
        assert np.array_equal(character.quad, was.quad)


def test_an_o_without_rivals_becomes_a_zero_all_the_same() -> None:
    alone = CharacterReading((Candidate("O", -0.1),), box_quad(0, 0, 1, 1))
    digit = CharacterReading((Candidate("7", -0.1),), box_quad(1, 0, 2, 1))
    assert "".join(character.text for character in settled([alone, digit])) == "07"
