"""`docs/states.md` says of every state what it can become, and of every verdict and reason what the program says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

import pytest

from core.reasons import HARD, REJECTED, SHORT, UNJUDGEABLE, WORDS, Reason
from core.recipe import DISPOSITIONS
from core.recipe_document import DEFAULT_DISPOSITION
from core.verdicts import Verdict
from data.tables import FILE_TRANSITIONS, LOT_TRANSITIONS, RUN_TRANSITIONS, TRANSITIONS
from data.tables.recipe import VersionState
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "states.md").read_text("utf-8")
VERSION_TRANSITIONS = dict.fromkeys(get_args(VersionState), frozenset()) | {"draft": frozenset({"published"})}
PARTS = {
    HARD: "fails, whatever its scores",
    REJECTED: "fails",
    UNJUDGEABLE: "is not judged",
    SHORT: "does not pass",
}


def table(below: str, first: str) -> dict[str, list[str]]:
    """Return the other cells of each row by its first, of the table under a heading whose first column is `first`."""
    rows = TEXT.partition(f"\n## {below}\n")[2].partition(f"| {first} |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {cell.strip("`"): others for cell, *others in cells}


@pytest.mark.parametrize(
    ("below", "first", "transitions"),
    [
        ("An inspection", "state", TRANSITIONS),
        ("A run, and its files", "state", RUN_TRANSITIONS),
        ("A run, and its files", "state of a file", FILE_TRANSITIONS),
        ("A lot, and a recipe's version", "state of a lot", LOT_TRANSITIONS),
        ("A lot, and a recipe's version", "state of a version", VERSION_TRANSITIONS),
    ],
    ids=["inspection", "run", "file", "lot", "version"],
)
def test_a_state_has_its_meaning_and_what_it_can_become(
    below: str, first: str, transitions: Mapping[str, frozenset[str]]
) -> None:
    told = table(below, first)
    assert list(told) == list(transitions)
    assert all(means for means, _ in told.values())
    for state, (_, following) in told.items():
        assert {each.strip("` ") for each in following.split(",") if each} == transitions[state], state


def test_a_verdict_has_its_number_and_its_disposition() -> None:
    told = table("Verdicts, and what becomes of a part", "verdict")
    assert {word: int(number) for word, (_, number, _) in told.items()} == {each.word: int(each) for each in Verdict}
    assert {word: kept.strip("`") for word, (_, _, kept) in told.items()} == DEFAULT_DISPOSITION
    *most, last = (f"`{each}`" for each in DISPOSITIONS)
    assert f"Dispositions are {', '.join(most)} and {last}." in TEXT


def test_a_reason_has_the_words_it_is_told_in() -> None:
    assert {code: words for code, (words, _) in table("Reasons", "reason").items()} == {
        reason.name: words for reason, words in WORDS.items()
    }


def test_a_reason_says_what_it_does_to_the_part() -> None:
    for code, (_, so) in table("Reasons", "reason").items():
        plays = [words for group, words in PARTS.items() if Reason[code] & group]
        assert so == (plays[0] if plays else "is judged as it would be without"), code
