"""Greedy decoding: what collapses, what stays, and where each character stands."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from core import ctc
from core.reading import Emissions
from tests.core.emissions import ALPHABET, emissions_of

IDENTITY = np.eye(3)
A, B = 1 + ALPHABET.index("A"), 1 + ALPHABET.index("B")


def path(*columns: int) -> Emissions:
    """Emissions whose likeliest path goes through these columns, 0 being the blank."""
    table = np.full((len(columns), len(ALPHABET) + 1), np.log(0.1 / len(ALPHABET)), np.float32)
    table[np.arange(len(columns)), list(columns)] = np.log(0.9)
    return Emissions(table, ALPHABET)


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        pytest.param((), "", id="no-steps"),
        pytest.param((0, 0, 0), "", id="blanks-alone"),
        pytest.param((A,), "A", id="one-step"),
        pytest.param((A, A, A), "A", id="neighbours-collapse"),
        pytest.param((A, 0, A), "AA", id="a-blank-keeps-two-apart"),
        pytest.param((0, A, B, 0), "AB", id="no-blank-is-needed-between-two-that-differ"),
        pytest.param((A, A, 0, 0, A, B, B), "AAB", id="mixed"),
        pytest.param((len(ALPHABET),), " ", id="a-space-is-a-character"),
    ],
)
def test_the_likeliest_path_collapses_as_ctc_says(columns: tuple[int, ...], text: str) -> None:
    emissions = path(*columns)
    assert ctc.text(emissions) == text
    assert len(ctc.confidences(emissions)) == len(text)
    read = ctc.characters(emissions, IDENTITY, step_px=8, height_px=48)
    assert "".join(character.text for character in read) == text


def test_the_surest_step_of_a_run_speaks_for_it() -> None:
    table = path(0, A, A, A, 0).log_probabilities.copy()
    table[1, A], table[2, A], table[3, A] = np.log([0.6, 0.95, 0.7])
    (run,) = ctc.runs(Emissions(table, ALPHABET))
    assert (run.first, run.last, run.peak) == (1, 3, 2)
    assert ctc.confidences(Emissions(table, ALPHABET)) == pytest.approx([0.95])


def test_a_character_carries_its_rivals_best_first() -> None:
    emissions = emissions_of("5", rivals={0: "S"}, sure=0.7, rival=0.25)
    (character,) = ctc.characters(emissions, IDENTITY, step_px=8, height_px=48)

    assert character.text == "5"
    assert character.runner_up == "S"
    assert character.confidence == pytest.approx(0.7, abs=1e-5)
    assert character.margin == pytest.approx(0.45, abs=1e-5)
    assert len(character.candidates) == ctc.TOP_K
    logs = [candidate.log_probability for candidate in character.candidates]
    assert logs == sorted(logs, reverse=True)


def test_the_blank_is_never_a_candidate() -> None:
    read = ctc.candidates(path(0), 0)
    assert len(read) == ctc.TOP_K
    assert all(candidate.text in ALPHABET for candidate in read)
    assert all(candidate.log_probability < np.log(0.5) for candidate in read)


def test_an_alphabet_smaller_than_top_k_gives_what_there_is() -> None:
    two = Emissions(np.log([[0.2, 0.5, 0.3]]).astype(np.float32), ("A", "B"))
    assert [candidate.text for candidate in ctc.candidates(two, 0)] == ["A", "B"]


def test_characters_stand_where_their_steps_are() -> None:
    emissions = emissions_of("ABC", blanks=2)
    read = ctc.characters(emissions, IDENTITY, step_px=10, height_px=40)

    centres = [float(character.quad[:, 0].mean()) for character in read]
    assert centres == pytest.approx([25.0, 55.0, 85.0], abs=1.0)
    for left, right in pairwise(read):
        assert left.quad[1, 0] <= right.quad[0, 0] + 1e-3
    assert all(character.quad[:, 1].min() == 0 and character.quad[:, 1].max() == 39 for character in read)


def test_a_gap_in_a_line_belongs_to_no_character() -> None:
    far = path(A, 0, B, 0, A, 0, *([0] * 30), B)
    read = ctc.characters(far, IDENTITY, step_px=8, height_px=48)
    widths = [float(np.ptp(character.quad[:, 0])) for character in read]
    assert max(widths) < 8 * 6


def test_characters_follow_the_line_into_the_original_picture() -> None:
    half_turn = np.array([[-1.0, 0, 500], [0, -1.0, 300], [0, 0, 1]])
    first, second = ctc.characters(emissions_of("AB"), half_turn, step_px=8, height_px=48)
    assert first.quad[:, 0].mean() > second.quad[:, 0].mean()
    assert first.quad[0, 1] > first.quad[3, 1]
    assert first.quad.dtype == np.float32
