"""Cursors lead on from the last row seen; anything else is refused."""

from __future__ import annotations

import contextlib
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import CursorInvalid
from data.queries.page import DEFAULT_LIMIT, MAX_LIMIT, bounded, decode, encode, page_of

IDS = [UUID(int=number) for number in range(5)]


@given(st.uuids())
def test_a_cursor_leads_back_to_its_id(id_: UUID) -> None:
    assert decode(encode(id_)) == id_


LIKE_A_CURSOR = st.from_regex(r"[A-Za-z0-9_-]{22}", fullmatch=True)


@given(st.text(max_size=40) | LIKE_A_CURSOR)
def test_what_is_no_cursor_is_refused_or_was_one(text: str) -> None:
    with contextlib.suppress(CursorInvalid):
        assert encode(decode(text)) == text


@pytest.mark.parametrize("cursor", ["", "x", "%00", "A" * 22 + "=", "A" * 21 + "B", "A" * 5000, "é" * 22])
def test_forged_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        decode(cursor)


@pytest.mark.parametrize(
    ("asked", "held"),
    [(None, DEFAULT_LIMIT), (0, 1), (-5, 1), (7, 7), (MAX_LIMIT + 1, MAX_LIMIT), (10**12, MAX_LIMIT)],
)
def test_a_page_holds_a_sensible_number(asked: int | None, held: int) -> None:
    assert bounded(asked) == held


@pytest.mark.parametrize(
    ("found", "shown", "more"),
    [
        pytest.param(0, 0, False, id="none"),
        pytest.param(1, 1, False, id="fewer than a page"),
        pytest.param(3, 3, False, id="just a page"),
        pytest.param(4, 3, True, id="one more than a page"),
    ],
)
def test_a_page_says_whether_more_follows(found: int, shown: int, more: bool) -> None:
    page = page_of(IDS[:found], 3, lambda id_: id_)
    assert len(page.items) == shown
    assert page.next_cursor == (encode(IDS[2]) if more else None)
