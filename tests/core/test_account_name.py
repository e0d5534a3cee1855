"""What people and tokens may be called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.account_name import MOST_NAME, MOST_SHOWN, folded, look, shown_name, sign_in_name
from core.errors import AccountInvalid


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ada", "ada"),
        ("Ada.Lovelace", "ada.lovelace"),
        (" ada\n", "ada"),
        ("ADA@Plant.Example", "ada@plant.example"),
        ("\uff41\uff44\uff41", "ada"),
        ("7", "7"),
        ("a" * MOST_NAME, "a" * MOST_NAME),
        ("\u212aarl", "karl"),
    ],
    ids=["plain", "capitals", "spaces around", "address", "full width", "one digit", "longest", "the sign for kelvin"],
)
def test_a_name_is_kept_in_one_writing(text: str, name: str) -> None:
    assert sign_in_name(text) == name
    assert sign_in_name(name) == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "got 0"),
        ("  ", "got 0"),
        ("a" * (MOST_NAME + 1), f"got {MOST_NAME + 1}"),
        ("ada lovelace", "letters a to z"),
        ("ad\u0430", "letters a to z"),
        ("ad\u200ba", "letters a to z"),
        ("ada\u202e", "letters a to z"),
        ("ada\x00", "letters a to z"),
        ("a\ud800", "letters a to z"),
        ("j\u00fcrgen", "letters a to z"),
        (".ada", "both ends"),
        ("ada-", "both ends"),
        ("ada/../root", "letters a to z"),
        ("ada:root", "letters a to z"),
        ("0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d", "reads as an id"),
    ],
    ids=[
        "empty", "spaces", "too long", "a space", "a Cyrillic letter", "nothing to see", "turned round", "NUL",
        "half a pair", "another letter", "a dot first", "a dash last", "a path", "a colon", "an id",
    ],
)  # fmt: skip
def test_what_cannot_be_a_name_is_refused_and_says_why(text: str, words: str) -> None:
    with pytest.raises(AccountInvalid, match=words) as refused:
        sign_in_name(text)
    assert refused.value.where == "name"


@given(st.text(max_size=80))
def test_a_name_is_found_however_it_is_typed(text: str) -> None:
    try:
        name = sign_in_name(text)
    except AccountInvalid:
        return
    assert name == folded(text) == folded(name) == folded(name.upper())
    assert name.isascii()
    assert name.isprintable()


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("paul", "pau1", True),
        ("line10", "linelo", True),
        ("paul", "saul", False),
        ("a.b", "a_b", False),
    ],
)
def test_names_that_pass_for_each_other_look_the_same(one: str, other: str, alike: bool) -> None:
    assert (look(one) == look(other)) is alike


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Ada Lovelace ", "Ada Lovelace"),
        ("Mu\u0308ller", "M\u00fcller"),
        ("第一工場", "第一工場"),
        ("n" * MOST_SHOWN, "n" * MOST_SHOWN),
    ],
)
def test_a_shown_name_may_be_of_any_script(text: str, name: str) -> None:
    assert shown_name(text) == name


@pytest.mark.parametrize("text", ["", " ", "n" * (MOST_SHOWN + 1), "a\x00b", "a\nb", "a\u202eb", "\ud800"])
def test_a_shown_name_can_be_seen(text: str) -> None:
    with pytest.raises(AccountInvalid) as refused:
        shown_name(text, where="token")
    assert refused.value.where == "token"
