"""Secrets are chance, told once, and known by their digest; what is not of their form is nobody's."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.secret import Kind, digest_of, make


@pytest.mark.parametrize("kind", Kind)
def test_a_secret_begins_with_what_it_is_and_holds_256_bits(kind: Kind) -> None:
    secret = make(kind)
    assert secret.text.startswith(kind)
    assert len(secret.text) == len(kind) + 43
    assert secret.digest == hashlib.sha256(secret.text.encode()).digest()
    assert digest_of(secret.text, kind) == secret.digest
    assert make(kind).text != secret.text


def test_no_secret_shows_when_it_is_printed() -> None:
    secret = make(Kind.TOKEN)
    assert secret.text not in repr(secret)
    assert secret.text.startswith(secret.prefix)
    assert len(secret.prefix) == len("ms_") + 6


@pytest.mark.parametrize(
    "tampered",
    [
        lambda text: "",
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.upper().replace("MS_", "ms_", 1)[:-1] + "=",
        lambda text: text.replace("ms_", "mss_"),
        lambda text: text.removeprefix("ms_"),
        lambda text: text[:10] + "\x00" + text[11:],
        lambda text: text[:10] + "\u0430" + text[11:],
        lambda text: text[:10] + "\ud800" + text[11:],
        lambda text: text * 100_000,
    ],
    ids=[
        "empty", "cut", "longer", "a line break", "a space", "padding", "another kind", "no kind", "NUL", "Cyrillic",
        "half a pair", "huge",
    ],
)  # fmt: skip
def test_what_is_not_of_the_form_is_nobodys(tampered) -> None:  # type: ignore[no-untyped-def]
    assert digest_of(tampered(make(Kind.TOKEN).text), Kind.TOKEN) is None


@given(st.text(max_size=60))
def test_any_text_at_all_is_taken(text: str) -> None:
    assert digest_of(text, Kind.LINK) is None or text.startswith(Kind.LINK)


def test_another_letter_is_another_secret() -> None:
    text = make(Kind.SIGN_IN).text
    other = text[:-1] + ("A" if text[-1] != "A" else "B")
    assert digest_of(other, Kind.SIGN_IN) not in {None, digest_of(text, Kind.SIGN_IN)}


def test_no_kind_is_taken_for_another() -> None:
    assert all(digest_of(make(one).text, other) is None for one in Kind for other in Kind if one is not other)
