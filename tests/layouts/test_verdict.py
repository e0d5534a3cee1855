from __future__ import annotations

from typing import get_args

import pytest

from core.verdicts import Verdict
from data.tables import InspectionState
from layouts.verdict import LOOKS, badge, badges, look

VERDICTS = [verdict.word for verdict in Verdict]


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_is_told_by_colour_shape_and_word(verdict: str) -> None:
    html = badge(verdict)
    assert f"verdict {look(verdict).css}" in html
    assert "<svg" in html
    assert f"<span>{look(verdict).word}</span>" in html


def test_no_two_verdicts_share_a_shape_a_colour_or_a_word() -> None:
    looks = [look(verdict) for verdict in VERDICTS]
    for part in ("shape", "css", "word"):
        assert len({getattr(shown, part) for shown in looks}) == len(VERDICTS)


@pytest.mark.parametrize("state", sorted({*get_args(InspectionState)} - {"done"}))  # what is done has a verdict
def test_while_there_is_no_verdict_the_state_is_told(state: str) -> None:
    assert LOOKS[state].word in badge(None, state)


def test_the_verdict_goes_before_the_state() -> None:
    assert look("pass", "running").word == "Pass"


def test_an_unknown_verdict_is_no_badge() -> None:
    with pytest.raises(KeyError):
        badge("maybe")


def test_scripts_get_the_same_badges() -> None:
    assert badges().keys() == LOOKS.keys()
    assert {"word", "css", "shape"} == set(badges()["pass"])
