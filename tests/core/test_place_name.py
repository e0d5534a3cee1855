"""What a site, a line or a station may be called."""

from __future__ import annotations

import pytest

from core.errors import PlaceInvalid
from core.place_name import MAX_LENGTH, place_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AOI-1", "AOI-1"),
        ("  AOI 1\n", "AOI 1"),
        ("Werk Mu\u0308nchen", "Werk M\u00fcnchen"),
        ("第一工場", "第一工場"),
        ("Line 1/A", "Line 1/A"),
        ("n" * MAX_LENGTH, "n" * MAX_LENGTH),
        ("e\u0301" * MAX_LENGTH, "\u00e9" * MAX_LENGTH),
    ],
    ids=["plain", "spaces around", "decomposed", "Japanese", "a slash", "longest", "longest once composed"],
)
def test_a_name_is_kept_composed_and_trimmed(text: str, name: str) -> None:
    assert place_name(text) == name
    assert place_name(name) == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "got 0"),
        (" \t ", "got 0"),
        ("n" * (MAX_LENGTH + 1), f"1 to {MAX_LENGTH} characters, got {MAX_LENGTH + 1}"),
        ("a\x00b", "printed"),
        ("a\nb", "printed"),
        ("a\u202eb", "printed"),
        ("a\u00a0b", "printed"),
        ("\ud800", "printed"),
        ("0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d", "reads as an id"),
        ("0199C2F46A507CC39D7E5D8F6A1B2C3D", "reads as an id"),
    ],
    ids=[
        "empty",
        "spaces",
        "too long",
        "NUL",
        "two lines",
        "turns text round",
        "hard space",
        "half a pair",
        "id",
        "bare",
    ],
)
def test_what_cannot_be_a_name_is_refused_and_says_why(text: str, words: str) -> None:
    with pytest.raises(PlaceInvalid, match=words) as refused:
        place_name(text)
    assert refused.value.where == "name"
