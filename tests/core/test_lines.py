"""Pieces of text become marking lines: rows from top to bottom, pieces of one row joined."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core import ctc
from core.geometry import as_quad, box_quad
from core.lines import joined, rows
from core.reading import Emissions, LineReading, Quad
from tests.core.emissions import ALPHABET, emissions_of


def piece(left: float, top: float, right: float, bottom: float, name: str) -> tuple[Quad, str]:
    return box_quad(left, top, right, bottom), name


def named(pieces: list[tuple[Quad, str]]) -> list[list[str]]:
    return [[name for _, name in row] for row in rows(pieces)]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([piece(0, 0, 10, 5, "a")], [["a"]], id="one"),
        pytest.param([piece(0, 40, 90, 60, "b"), piece(0, 10, 90, 30, "a")], [["a"], ["b"]], id="top-to-bottom"),
        pytest.param([piece(60, 10, 90, 30, "b"), piece(0, 11, 50, 31, "a")], [["a", "b"]], id="left-to-right"),
        pytest.param(
            [piece(0, 10, 60, 30, "a"), piece(65, 19, 85, 31, "e4"), piece(0, 36, 90, 56, "b")],
            [["a", "e4"], ["b"]],
            id="a-small-finish-code-stands-on-the-row",
        ),
        pytest.param(
            [piece(60, 0, 120, 20, "7B335 9R"), piece(0, 12, 50, 45, "ARM"), piece(60, 25, 120, 45, "PHL")],
            [["7B335 9R"], ["ARM", "PHL"]],
            id="a-tall-word-stands-on-the-row-of-its-foot",
        ),
        pytest.param(
            [piece(0, 0, 80, 20, "a"), piece(0, 16, 80, 36, "b")], [["a"], ["b"]], id="close-lines-stay-apart"
        ),
        pytest.param(
            [piece(0, 10, 90, 30, "a"), piece(5, 12, 85, 29, "again")],
            [["a"], ["again"]],
            id="one-over-the-other-is-no-row",
        ),
    ],
)
def test_pieces_fall_into_rows(pieces: list[tuple[Quad, str]], expected: list[list[str]]) -> None:
    assert named(pieces) == expected
    assert named(pieces[::-1]) == expected


def test_rows_follow_a_slope() -> None:
    slope = math.tan(math.radians(5))

    def sloping(left: float, right: float, top: float, name: str) -> tuple[Quad, str]:
        at = [(left, top + slope * left), (right, top + slope * right)]
        return as_quad([*at, *((x, y + 20) for x, y in reversed(at))]), name

    pieces = [
        sloping(0, 300, 10, "a"),
        sloping(320, 400, 10, "a2"),
        sloping(0, 300, 34, "b"),
        sloping(320, 400, 34, "b2"),
    ]
    assert named(pieces) == [["a", "a2"], ["b", "b2"]]


def line(text: str, quad: Quad, *, with_emissions: bool = True) -> LineReading:
    emissions = emissions_of(text)
    characters = ctc.characters(emissions, np.eye(3), step_px=8, height_px=48)
    return LineReading(tuple(characters), quad, emissions if with_emissions else None)


def test_joined_pieces_have_a_space_between_them() -> None:
    whole = joined([line("20AU", box_quad(0, 0, 40, 10)), line("0723", box_quad(60, 1, 100, 11))])
    assert whole.text == "20AU 0723"
    assert whole.emissions is not None
    assert ctc.text(whole.emissions) == "20AU 0723"
    assert whole.quad.tolist() == [[0, 0], [100, 1], [100, 11], [0, 10]]
    gap = whole.characters[4]
    assert gap.quad[:, 0].min() == 40
    assert gap.quad[:, 0].max() == 60


def test_every_step_of_joined_emissions_still_sums_to_one() -> None:
    whole = joined([line("A", box_quad(0, 0, 9, 9)), line("B", box_quad(20, 0, 29, 9))])
    assert whole.emissions is not None
    assert np.exp(whole.emissions.log_probabilities).sum(axis=1) == pytest.approx(1.0, abs=1e-4)


def test_one_piece_is_the_line_itself() -> None:
    only = line("ABC", box_quad(0, 0, 30, 10))
    assert joined([only]) is only


def test_without_emissions_of_every_piece_there_are_none_of_the_line() -> None:
    pieces = [line("A", box_quad(0, 0, 9, 9)), line("B", box_quad(20, 0, 29, 9), with_emissions=False)]
    assert joined(pieces).emissions is None


def test_an_alphabet_without_a_space_gives_text_alone() -> None:
    table = np.log(np.full((2, len(ALPHABET)), 1 / len(ALPHABET))).astype(np.float32)
    bare = LineReading((), box_quad(0, 0, 9, 9), Emissions(table, ALPHABET[:-1]))
    assert joined([bare, bare]).emissions is None
