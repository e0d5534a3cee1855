from __future__ import annotations

import string

import pytest

from core.reasons import FINDINGS, HARD, NOTES, REJECTED, SHORT, UNJUDGEABLE, WORDS, Reason, each, tell

BITS = {
    "RIVAL_TEXT": 0, "DATE_IN_FUTURE": 1, "WEEK_IMPOSSIBLE": 2, "DATE_TOO_OLD": 3, "LOT_ON_HOLD": 4, "MIXED_LOT": 5,
    "NO_RECIPE": 6, "NO_PACKAGE": 7, "TWO_PACKAGES": 8, "PACKAGE_CUT": 9, "IMAGE_UNUSABLE": 10, "NOTHING_READ": 11,
    "TIME_OUT": 12, "ENGINE_FAILED": 13, "REQUIRED_MISSING": 14, "BELOW_REJECT": 15, "ILLEGIBLE_REFUSED": 16,
    "FIELD_MISSING": 17, "ILLEGIBLE": 18, "BELOW_ACCEPT": 19, "BELOW_MARGIN": 20, "BELOW_PASS_SCORE": 21,
    "OPTIONAL_MISSING": 22, "UNVERIFIED": 23, "EXTRA_TEXT": 24, "LINE_ABSENT": 25,
}  # fmt: skip
"""As stored since the first release. Add to it; never change it."""


def test_bits_are_stable() -> None:
    assert {reason.name: int(reason).bit_length() - 1 for reason in Reason} == BITS


def test_all_bits_fit_int32() -> None:
    assert max(Reason) < 1 << 31


@pytest.mark.parametrize("reason", list(Reason), ids=lambda reason: reason.name)
def test_every_reason_has_words_that_end_as_a_sentence(reason: Reason) -> None:
    assert WORDS[reason].endswith(".")


@pytest.mark.parametrize("reason", list(Reason), ids=lambda reason: reason.name)
def test_every_reason_can_be_told_and_plays_a_part(reason: Reason) -> None:
    names = [name for _, name, _, _ in string.Formatter().parse(WORDS[reason]) if name]
    told = tell(reason, **dict.fromkeys(names, "<value>"))
    assert told.code == reason.name
    assert told.words.count("<value>") == len(names)
    assert reason & (HARD | UNJUDGEABLE | REJECTED | SHORT | NOTES)


def test_a_value_left_out_is_an_error() -> None:
    with pytest.raises(KeyError, match="expected"):
        tell(Reason.RIVAL_TEXT, read="X")


def test_each_is_in_order_of_gravity() -> None:
    assert each(Reason.UNVERIFIED | Reason.RIVAL_TEXT | Reason.ILLEGIBLE) == (
        Reason.RIVAL_TEXT,
        Reason.ILLEGIBLE,
        Reason.UNVERIFIED,
    )
    assert each(0) == ()


def test_hard_facts_are_never_findings() -> None:
    assert not HARD & FINDINGS
