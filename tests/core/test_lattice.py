from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.folding import COLUMN, WIDTH, Folded, folded, spell
from core.lattice import MOST, RIVALS, Hypothesis, Scored, score
from tests.core.marks import line

SYMBOLS = "AB0"
COLUMNS = [0, *(COLUMN[symbol] for symbol in SYMBOLS)]


def random_line(seed: int, frames: int = 6) -> Folded:
    """A line in which nothing but three symbols and the blank has any probability."""
    table = np.full((frames, WIDTH), 1e-13)
    table[:, COLUMNS] = np.random.default_rng(seed).random((frames, len(COLUMNS))) ** 2
    table /= table.sum(axis=1, keepdims=True)
    return Folded(table, spell(table.argmax(axis=1)))


def by_hand(line: Folded) -> dict[str, float]:
    """The probability of every text, by adding up every path."""
    table = line.probabilities
    totals: dict[str, float] = {}
    for path in itertools.product(COLUMNS, repeat=len(table)):
        text = spell(np.array(path))
        totals[text] = totals.get(text, 0.0) + float(np.prod([table[frame, place] for frame, place in enumerate(path)]))
    return totals


def one(line: Folded, text: str) -> Scored:
    return score([Hypothesis(line, text)])[0]


@pytest.mark.parametrize("text", ["A", "AB", "AA", "ABA", "AAB", "B0A"])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_probability_is_the_sum_over_all_paths(text: str, seed: int) -> None:
    line = random_line(seed)
    truth, scored = by_hand(line), one(random_line(seed), text)
    assert np.exp(scored.log_probability) == pytest.approx(truth[text])
    for rank, symbol in enumerate(scored.symbols):
        if symbol not in SYMBOLS:
            continue
        for place in range(len(text)):
            other = text[:place] + symbol + text[place + 1 :]
            expected = truth.get(other, 0.0) / truth[text] if other != text else 0.0
            assert scored.substituted[place, rank] == pytest.approx(expected, abs=1e-9)
        for gap in range(len(text) + 1):
            other = text[:gap] + symbol + text[gap:]
            twice = gap < len(text) and symbol == text[gap]  # told once, at the later gap
            expected = 0.0 if twice else truth.get(other, 0.0) / truth[text]
            assert scored.inserted[gap, rank] == pytest.approx(expected, abs=1e-9)
    for place in range(len(text)):
        other = text[:place] + text[place + 1 :]
        assert scored.deleted[place] == pytest.approx(truth[other] / truth[text])


def test_scoring_together_equals_scoring_alone() -> None:
    lines = [folded(line("SN74LS00N")), folded(line("A")), folded(line("19E9XBL E4"))]
    hypotheses = [Hypothesis(one, text) for one in lines for text in ("SN74LS00N", "A", "19E9XBL")]
    for together, hypothesis in zip(score(hypotheses), hypotheses, strict=True):
        alone = score([hypothesis])[0]
        assert together.log_probability == pytest.approx(alone.log_probability)
        assert np.allclose(together.substituted, alone.substituted)
        assert np.allclose(together.inserted, alone.inserted)
        assert np.allclose(together.deleted, alone.deleted)


def test_nothing_to_score_gives_nothing() -> None:
    assert score([]) == []


def test_a_text_with_too_few_frames_is_impossible() -> None:
    scored = one(random_line(1, frames=3), "ABABAB")
    assert scored.log_probability == -np.inf
    assert np.all(scored.substituted >= 0)


@pytest.mark.parametrize("length", [12, 32, 48])
def test_the_longest_texts_do_not_run_out_of_numbers(length: int) -> None:
    wrong = one(folded(line("SN74LS00N" * 5)), "X" * length)
    assert np.all(np.isfinite(wrong.substituted))
    assert np.all(wrong.inserted <= MOST)
    assert wrong.log_probability < -50


def test_the_true_text_beats_every_neighbour() -> None:
    scored = one(folded(line("SN74LS00N")), "SN74LS00N")
    for ratios in (scored.substituted, scored.inserted, scored.deleted):
        assert ratios.max() < 0.1


def test_a_rival_at_one_place_shows_there_and_nowhere_else() -> None:
    scored = one(folded(line([*"SN74LS0", {"0": 0.5, "6": 0.45}, "N"])), "SN74LS00N")
    six = scored.symbols.index("6")
    assert scored.substituted[7, six] == pytest.approx(0.9, abs=0.01)
    assert np.delete(scored.substituted[:, six], 7).max() < 0.01


def test_what_the_line_spells_is_among_the_rivals_of_another_text() -> None:
    many = "0123456789ABCDEF"
    scored = one(folded(line(many)), "Z" * len(many))
    assert set(scored.symbols) == set(many)
    assert len(scored.symbols) == RIVALS


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.text("AB0", min_size=1, max_size=5))
def test_ratios_are_at_least_nothing_and_finite(seed: int, text: str) -> None:
    scored = one(random_line(seed, frames=12), text)
    for ratios in (scored.substituted, scored.inserted, scored.deleted):
        assert np.all(ratios >= 0)
        assert np.all(np.isfinite(ratios))


def test_the_same_hypotheses_give_the_same_bytes() -> None:
    hypotheses = [Hypothesis(random_line(3, frames=20), "ABA"), Hypothesis(random_line(4), "B")]
    first, second = score(hypotheses), score(hypotheses)
    assert [one.substituted.tobytes() for one in first] == [one.substituted.tobytes() for one in second]


def test_the_worked_example_holds() -> None:
    table = np.zeros((2, WIDTH))
    table[0, [0, COLUMN["A"], COLUMN["B"]]] = 0.1, 0.7, 0.2
    table[1, [0, COLUMN["A"], COLUMN["B"]]] = 0.8, 0.1, 0.1
    scored = one(Folded(table, "A"), "A")
    rank = scored.symbols.index("B")
    assert np.exp(scored.log_probability) == pytest.approx(0.64)
    assert scored.substituted[0, rank] == pytest.approx(0.19 / 0.64)
    assert scored.inserted[1, rank] == pytest.approx(0.07 / 0.64)
    assert scored.deleted[0] == pytest.approx(0.08 / 0.64)
