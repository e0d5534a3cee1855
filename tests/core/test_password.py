"""What may be a password, and how one is told that it may not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import PasswordUnfit
from core.password import LEAST, MOST_BYTES, check, folded, normalised

COMMON = {"qwertyuiop", "password123"}


def checked(text: str, name: str = "ada.lovelace") -> str:
    return check(text, name=name, is_common=COMMON.__contains__)


@pytest.mark.parametrize(
    "text",
    [
        "aaaaabbbbb",
        "correct horse battery staple",
        "          ",
        "密码密码密码密码密码",
        "\U0001f9ea" * LEAST,
        "x" * MOST_BYTES,
        "marksight and two more words",
        "my boss ada.lovelace is fine",
    ],
    ids=["ten", "words", "spaces", "Chinese", "pictures", "longest", "holds our name", "holds their name"],
)
def test_length_is_enough(text: str) -> None:
    assert checked(text) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "too-short"),
        ("x" * (LEAST - 1), "too-short"),
        ("\ufb01" * (LEAST // 2 - 1), "too-short"),
        ("x" * (MOST_BYTES + 1), "too-long"),
        ("\U0001f9ea" * (MOST_BYTES // 4 + 1), "too-long"),
        ("\ud800" * LEAST, "not-text"),
        ("Ada.Lovelace", "says-the-name"),
        ("ada.lovelace12345", "says-the-name"),
        ("MarkSight!2026"[:14], "says-the-name"),
        ("marksightmarksight", "says-the-name"),
        ("QwertyUiop", "common"),
        ("\uff51wertyuiop", "common"),
    ],
    ids=[
        "empty", "nine", "short once composed", "a byte too long", "a picture too long", "half a pair", "the name",
        "the name and a number", "our name", "our name twice", "common in capitals", "common in full width",
    ],
)  # fmt: skip
def test_what_may_not_be_a_password_is_refused_by_code_and_never_told_again(text: str, code: str) -> None:
    with pytest.raises(PasswordUnfit) as refused:
        checked(text)
    assert refused.value.code == code
    assert not text or text not in str(refused.value)


def test_a_short_name_stands_in_a_password_by_chance() -> None:
    assert checked("xyabababab", name="ab") == "xyabababab"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_it_is_the_same_password_however_it_is_composed(text: str) -> None:
    forms = {normalised(unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    assert len(forms) == 1
    assert normalised(*forms) in forms


def test_capitals_count_but_not_among_the_common() -> None:
    assert normalised("Tea At Four O") != normalised("tea at four o")
    assert folded("Tea") == folded("tea")
