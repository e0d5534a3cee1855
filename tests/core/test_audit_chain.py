"""The chain's content is told apart field by field, and its hash is the one that is written down."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.audit_chain import START, Entry, content, hash_after

ENTRY = Entry(
    relation="lots",
    lane=0,
    position=1,
    id=7,
    operation="update",
    row_id="0190d3c0-0000-7000-8000-000000000001",
    actor="user:ada",
    request_id=None,
    at=datetime(2026, 3, 5, 12, 0, 0, 1, tzinfo=UTC),
    before='{"code":"ä"}',
    after=None,
)


def test_the_content_is_each_field_with_its_length_in_bytes() -> None:
    assert content(ENTRY) == (
        b"4:lots,1:0,1:1,1:7,6:update,36:0190d3c0-0000-7000-8000-000000000001,8:user:ada,-,"
        b"16:1772712000000001,13:" + '{"code":"ä"}'.encode() + b",-,"
    )


def test_the_hash_is_of_the_hash_before_and_of_the_content() -> None:
    told = hashlib.sha256(content(ENTRY)).digest()
    assert hash_after(START, ENTRY) == hashlib.sha256(bytes(32) + told).digest()
    assert hash_after(b"x" * 32, ENTRY) != hash_after(START, ENTRY)


@pytest.mark.parametrize(
    "change",
    [
        {"relation": "lots "},
        {"lane": 1},
        {"position": 2},
        {"id": 8},
        {"operation": "insert"},
        {"row_id": None},
        {"actor": "user:ad"},
        {"request_id": ""},
        {"at": ENTRY.at + timedelta(microseconds=1)},
        {"before": None},
        {"before": '{"code": "ä"}'},
        {"after": ""},
        {"after": "null"},
    ],
    ids=str,
)
def test_every_field_counts(change: dict[str, object]) -> None:
    assert content(replace(ENTRY, **change)) != content(ENTRY)  # type: ignore[arg-type]


def test_a_moment_is_the_same_in_every_zone() -> None:
    elsewhere = ENTRY.at.astimezone(timezone(timedelta(hours=-7)))
    assert content(replace(ENTRY, at=elsewhere)) == content(ENTRY)


@given(st.lists(st.text(), min_size=4, max_size=4), st.lists(st.text(), min_size=4, max_size=4))
def test_no_two_entries_have_the_same_content(one: list[str], other: list[str]) -> None:
    names = ("actor", "request_id", "before", "after")
    first, second = (replace(ENTRY, **dict(zip(names, values, strict=True))) for values in (one, other))
    assert (content(first) == content(second)) == (one == other)
