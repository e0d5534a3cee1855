from __future__ import annotations

import numpy as np
import pytest

from core.folding import (
    BLANK,
    COLUMN,
    FLOOR,
    OTHER,
    SYMBOLS,
    WIDTH,
    Folded,
    column,
    fold_emissions,
    folded,
    joined,
    spell,
)
from core.reading import Emissions, LineReading
from tests.core.marks import line, quad


def emissions(rows: list[dict[str, float]], alphabet: tuple[str, ...]) -> Emissions:
    """Rows of probabilities by symbol; the blank takes what is left."""
    table = np.full((len(rows), len(alphabet) + 1), 1e-12)
    for place, row in enumerate(rows):
        table[place, 0] = 1.0 - sum(row.values())
        for symbol, share in row.items():
            table[place, alphabet.index(symbol) + 1] = share
    return Emissions(np.log(np.maximum(table, 1e-12)).astype(np.float32), alphabet)


ALPHABET = ("a", "A", " ", "®", "é", "漢", "0")


@pytest.mark.parametrize(
    ("row", "column", "share"),
    [
        pytest.param({"a": 0.3, "A": 0.5}, COLUMN["A"], 0.8, id="case is added up"),
        pytest.param({" ": 0.3, "®": 0.2}, BLANK, 1.0, id="space and symbol go into the blank"),
        pytest.param({"漢": 0.4, "é": 0.2}, COLUMN[OTHER], 0.6, id="all others into one column"),
        pytest.param({"0": 0.9}, COLUMN["0"], 0.9, id="plain"),
        pytest.param({}, COLUMN["Z"], FLOOR, id="what the alphabet lacks is at the floor"),
    ],
)
def test_columns_are_folded(row: dict[str, float], column: int, share: float) -> None:
    table = fold_emissions(emissions([row], ALPHABET))
    assert table.shape == (1, WIDTH)
    assert table[0, column] == pytest.approx(share, abs=1e-5)


def test_nothing_is_under_the_floor() -> None:
    assert fold_emissions(emissions([{"0": 1.0}], ALPHABET)).min() == FLOOR


def test_a_symbol_unknown_to_the_product_is_the_other_one() -> None:
    assert column("漢") == column(OTHER)


def test_no_symbol_has_two_columns() -> None:
    assert len(set(SYMBOLS)) == len(SYMBOLS)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param([], "", id="nothing"),
        pytest.param([0, 0], "", id="blanks"),
        pytest.param(["A", "A", 0, "A", "B"], "AAB", id="repeats count once unless a blank is between"),
        pytest.param([0, "7", "4", 0], "74", id="neighbours"),
    ],
)
def test_spelling_a_path(path: list[str | int], text: str) -> None:
    columns = [step if isinstance(step, int) else COLUMN[step] for step in path]
    assert spell(np.array(columns, np.intp)) == text


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        pytest.param("SN74LS00N", "SN74LS00N", id="plain"),
        pytest.param("sn74ls00n", "SN74LS00N", id="lower case"),
        pytest.param("HLF® 1918", "HLF1918", id="spaces and symbols"),
        pytest.param("A A", "AA", id="the same on both sides of a space"),
    ],
)
@pytest.mark.parametrize("raw", [True, False], ids=["with emissions", "characters alone"])
def test_a_line_folds_to_its_normalised_text(spec: str, text: str, raw: bool) -> None:
    assert folded(line(spec, emissions=raw)).text == text


def test_an_engine_without_emissions_is_doubted_as_it_doubts_itself() -> None:
    table = folded(line([{"5": 0.6, "S": 0.3}], emissions=False)).probabilities
    assert table[1, COLUMN["5"]] == pytest.approx(0.6, abs=0.01)
    assert table[1, COLUMN["S"]] == pytest.approx(0.3, abs=0.01)
    assert table[1, COLUMN["8"]] == pytest.approx(0.1 / WIDTH, rel=0.01)


def test_a_line_of_no_characters_folds_to_nothing() -> None:
    assert folded(LineReading((), quad(0, 0, 1, 1))).text == ""


def test_joined_lines_read_on_with_a_blank_between() -> None:
    left, right = folded(line("AB")), folded(line("BC"))
    both = joined([left, right])
    assert both.text == "ABBC"
    assert spell(both.probabilities.argmax(axis=1)) == "ABBC"
    assert joined([left]) is left
    assert isinstance(both, Folded)
