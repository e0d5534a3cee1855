"""Names of files and what is said beside a picture, before any of it is used."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from dashboard.api.upload import MAX_NAME, Beside, plain_name


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        (None, None),
        ("", None),
        ("part.jpg", "part.jpg"),
        ("/etc/passwd", "passwd"),
        ("../../up.jpg", "up.jpg"),
        ("C:\\photos\\part.jpg", "part.jpg"),
        ("folder/", "folder"),
        ("..", ".."),
        ("/", None),
        ("a\0b\nc.jpg", "abc.jpg"),
        ("\x01\x02", None),
        ("ü 😀.jpg", "ü 😀.jpg"),
        ("\ud800.jpg", ".jpg"),
        ("x" * 300 + ".jpg", "x" * (MAX_NAME - 4) + ".jpg"),
    ],
    ids=ascii,
)
def test_a_name_keeps_neither_folders_nor_control_characters(name: str | None, plain: str | None) -> None:
    assert plain_name(name) == plain


@pytest.mark.parametrize("value", ["x", "7" * MAX_NAME, "Ångström 74LS00", "{YYWW}"])
def test_words_may_be_anything_printable(value: str) -> None:
    assert Beside(recipe=value).recipe == value


@pytest.mark.parametrize("value", ["", "x" * (MAX_NAME + 1), "a\0", "a\nb", "\x7f", 7], ids=ascii)
def test_other_words_are_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        Beside(recipe=value)  # type: ignore[arg-type]


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(ValidationError, match="recipie"):
        Beside(recipie="typo")  # type: ignore[call-arg]
