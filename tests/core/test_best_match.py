from __future__ import annotations

import itertools

import numpy as np
import pytest

from core.alignment import Form
from core.best_match import best_match
from core.folding import COLUMN, WIDTH, Folded, folded, spell
from core.patterns import Place, pattern
from tests.core.marks import Spec, line


def form(*choices: str) -> Form:
    return Form(tuple(Place(frozenset(choice)) for choice in choices))


def random_line(seed: int) -> Folded:
    table = np.full((6, WIDTH), 1e-12)
    for symbol in ("", *"AB01"):
        table[:, COLUMN[symbol] if symbol else 0] = np.random.default_rng(seed + ord(symbol or "_")).random(6) ** 3
    table /= table.sum(axis=1, keepdims=True)
    return Folded(table, spell(table.argmax(axis=1)))


def best_path(line: Folded, text: str) -> float:
    columns = sorted({0, *(COLUMN[symbol] for symbol in text)})
    paths = itertools.product(columns, repeat=len(line.probabilities))
    return max(
        float(np.prod([line.probabilities[frame, place] for frame, place in enumerate(path)]))
        for path in paths
        if spell(np.array(path)) == text
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("choices", [("AB", "01"), ("AB", "AB", "AB"), ("A1", "A1"), ("0", "AB")], ids="-".join)
def test_no_text_of_the_form_has_a_better_path(seed: int, choices: tuple[str, ...]) -> None:
    line = random_line(seed)
    texts = ["".join(text) for text in itertools.product(*choices)]
    found = best_match(line, form(*choices))
    assert found in texts
    assert best_path(line, found) == pytest.approx(max(best_path(line, text) for text in texts))


@pytest.mark.parametrize(
    ("spec", "expected", "text"),
    [
        pytest.param("1932XBL", "{YYWW}XBL", "1932XBL", id="what was read matches"),
        pytest.param("19E2XBL", "{YYWW}XBL", "1902XBL", id="a letter where a digit must stand"),
        pytest.param([*"19", {"6": 0.6, "5": 0.3}, *"2"], "{YYWW}", "1952", id="the best week there can be"),
        pytest.param("SN74LS06N", "SN74LS00N", "SN74LS00N", id="fixed text is itself"),
    ],
)
def test_best_text_of_a_pattern(spec: Spec, expected: str, text: str) -> None:
    found = best_match(folded(line(spec)), Form(pattern(expected).places))
    assert pattern(expected).matches(found)
    assert found[:2] == text[:2]
    assert len(found) == len(text)


def test_the_likelier_of_two_allowed_characters_wins() -> None:
    read = folded(line([*"19", {"E": 0.5, "3": 0.3, "8": 0.1}, *"2"]))
    assert best_match(read, Form(pattern("{YYWW}").places)) == "1932"


def test_a_line_with_too_few_frames_gives_some_text_of_the_form() -> None:
    short = folded(line("A"))
    found = best_match(short, Form(pattern("{YYWW}{X5}").places))
    assert pattern("{YYWW}{X5}").matches(found)
