"""Anchors have one form, and are a chain whose every gap and change is told by a neighbour."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from core.audit_anchor import Anchor, AnchorChain, AnchorFault, anchor_of, behind, digest_of
from core.audit_chain import START
from core.errors import AnchorInvalid

AT = datetime(2026, 3, 5, 12, 0, 0, 250, tzinfo=UTC)
H = [bytes([number]) * 32 for number in range(9)]
ANCHOR = Anchor(1, AT, "marksight", "7412345678901234567", 90, START, {("sites", 3): (7, H[1]), ("lots", 0): (2, H[2])})


def test_an_anchor_is_one_document_in_one_form() -> None:
    assert (
        ANCHOR.to_bytes()
        == (
            '{"at":"2026-03-05T12:00:00.000250Z","before":"' + "00" * 32 + '","database":"marksight","entry_id":90,'
            '"heads":[["lots",0,2,"' + "02" * 32 + '"],["sites",3,7,"' + "01" * 32 + '"]],"number":1,"schema":1,'
            '"system":"7412345678901234567"}\n'
        ).encode()
    )
    assert anchor_of(ANCHOR.to_bytes()) == ANCHOR
    assert digest_of(ANCHOR.to_bytes()) == hashlib.sha256(ANCHOR.to_bytes()).digest()


def test_a_moment_is_told_in_utc_whatever_zone_it_came_in() -> None:
    tokyo = replace(ANCHOR, at=AT.astimezone(timezone(timedelta(hours=9))))
    assert tokyo.to_bytes() == ANCHOR.to_bytes()
    assert ANCHOR.title == "anchor 1 of 2026-03-05T12:00:00.000250Z"


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"number": 0}, id="no number"),
        pytest.param({"at": AT.replace(tzinfo=None)}, id="a moment of no zone"),
        pytest.param({"before": b"short"}, id="a short hash"),
        pytest.param({"heads": {("lots", 0): (1, H[1][1:])}}, id="a short hash of a chain"),
        pytest.param({"heads": {("lots", 0): (0, START)}}, id="an empty chain"),
    ],
)
def test_an_anchor_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        replace(ANCHOR, **wrong)


def edited(change: Callable[[dict[str, Any]], object]) -> bytes:
    document = json.loads(ANCHOR.to_bytes())
    change(document)
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode() + b"\n"


NO_ANCHORS = {
    "nothing": b"",
    "half of one": ANCHOR.to_bytes()[:100],
    "no JSON": b"anchor",
    "no text": b"\xff\xfe",
    "another document": b"{}",
    "a list": b"[]",
    "a number": b"1",
    "deeply nested": b"[" * 100_000,
    "a space more": ANCHOR.to_bytes() + b" ",
    "without its line feed": ANCHOR.to_bytes().rstrip(),
    "other spaces": json.dumps(json.loads(ANCHOR.to_bytes()), sort_keys=True).encode() + b"\n",
    "a name more": edited(lambda it: it.update(more=1)),
    "a name less": edited(lambda it: it.pop("system")),
    "a later schema": edited(lambda it: it.update(schema=2)),
    "a hash that is none": edited(lambda it: it.update(before="xy" * 32)),
    "hashes in capitals": edited(lambda it: it["heads"][0].__setitem__(3, "AB" * 32)),
    "another order": edited(lambda it: it["heads"].reverse()),
    "a chain twice": edited(lambda it: it["heads"].append(it["heads"][0])),
    "a number of text": edited(lambda it: it.update(number="1")),
    "true for 1": edited(lambda it: it.update(number=True)),
    "a moment of no zone": edited(lambda it: it.update(at="2026-03-05T12:00:00.000250")),
    "another zone": edited(lambda it: it.update(at="2026-03-05T13:00:00.000250+01:00")),
    "an endless position": edited(lambda it: it["heads"][0].__setitem__(2, float("inf"))),
}


@pytest.mark.parametrize("data", NO_ANCHORS.values(), ids=NO_ANCHORS.keys())
def test_what_is_no_anchor_is_refused(data: bytes) -> None:
    with pytest.raises(AnchorInvalid):
        anchor_of(data)


def test_the_edited_documents_are_refused_for_what_was_edited() -> None:
    assert anchor_of(edited(lambda it: it.update(database="another"))).database == "another"


def chain(count: int) -> dict[int, bytes]:
    """So many anchors, each after the one before it, by number."""
    made: dict[int, bytes] = {}
    before = START
    for number in range(1, count + 1):
        moment = AT + timedelta(hours=number)
        made[number] = replace(ANCHOR, number=number, at=moment, before=before).to_bytes()
        before = digest_of(made[number])
    return made


def seen(data: dict[int, bytes]) -> tuple[list[int], list[AnchorFault]]:
    """Return the numbers of those that are vouched for, and the faults."""
    read = AnchorChain()
    vouched = [read.see(number, each) for number, each in sorted(data.items())]
    return [each.number for each in (*vouched, read.end()) if each], read.faults


@pytest.mark.parametrize("count", [0, 1, 2, 12])
def test_a_chain_as_it_was_written_has_no_fault(count: int) -> None:
    assert seen(chain(count)) == (list(range(1, count + 1)), [])


def changed(data: bytes, **changes: Any) -> bytes:
    return replace(anchor_of(data), **changes).to_bytes()


def test_one_that_is_changed_is_named_by_the_next_and_says_nothing() -> None:
    data = chain(5)
    data[3] = changed(data[3], heads={("lots", 0): (2, H[8])})
    sound, faults = seen(data)
    assert sound == [1, 2, 4, 5]
    assert faults == [AnchorFault("changed", 3, "anchor 4 has another SHA-256 of it")]


def test_one_that_is_damaged_is_named_once() -> None:
    data = chain(4)
    data[2] = data[2][:50]
    sound, faults = seen(data)
    assert (sound, [(each.kind, each.number) for each in faults]) == ([1, 3, 4], [("changed", 2)])


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        pytest.param([3], (3, "it is not there"), id="one"),
        pytest.param([1], (1, "it is not there"), id="the first"),
        pytest.param([2, 3, 4], (2, "all up to anchor 4 are not there"), id="several"),
    ],
)
def test_those_that_are_missing_are_named_and_the_others_hold(gone: list[int], words: tuple[int, str]) -> None:
    data = {number: each for number, each in chain(5).items() if number not in gone}
    sound, faults = seen(data)
    assert sound == sorted(data)
    assert faults == [AnchorFault("missing", *words)]


def test_two_in_each_others_place_are_named() -> None:
    data = chain(5)
    data[2], data[4] = data[4], data[2]
    sound, faults = seen(data)
    assert sound == [1, 3, 5]
    assert [(each.kind, each.number, each.words) for each in faults] == [
        ("reordered", 2, "anchor 4 lies in its place"),
        ("reordered", 4, "anchor 2 lies in its place"),
    ]


def test_a_first_one_that_had_one_before_it_is_named() -> None:
    _, faults = seen({1: changed(chain(1)[1], before=H[5])})
    assert faults == [AnchorFault("changed", 1, "it is the first, and names another before it")]


def test_the_last_one_is_vouched_for_by_nobody_yet() -> None:
    data = chain(3)
    data[3] = changed(data[3], heads={})
    assert seen(data) == ([1, 2, 3], [])


@pytest.mark.parametrize(
    ("heads", "words"),
    [
        pytest.param({}, "lane 0 of lots ends at 0, and had come to 2", id="emptied"),
        pytest.param({("lots", 0): (1, H[2]), ("sites", 3): (7, H[1])}, "lane 0 of lots ends at 1", id="cut"),
        pytest.param({("lots", 0): (2, H[3]), ("sites", 3): (7, H[1])}, "has another hash at 2", id="rewritten"),
        pytest.param(dict(ANCHOR.heads), "", id="the same"),
        pytest.param({("lots", 0): (3, H[3]), ("sites", 3): (7, H[1]), ("new", 0): (1, H[4])}, "", id="further"),
    ],
)
def test_a_chain_never_goes_back(heads: dict[tuple[str, int], tuple[int, bytes]], words: str) -> None:
    assert (words in behind(heads, ANCHOR.heads)) if words else behind(heads, ANCHOR.heads) == ""
