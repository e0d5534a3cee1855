"""What people prefer is checked, bounded, and kept for each by themselves."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import AccountInvalid
from data.tables import MOST_PREFERENCES
from tests.workers.people import somebody, with_cheap_hashes
from workers.composition import Services
from workers.preferences import change, check, merged, read, write

WHOLE = {
    "theme": "dark",
    "units": "mm",
    "time_zone": "Europe/Berlin",
    "pages": {"runs": {"columns": ["file", "verdict"], "width": 0.25, "open": True, "last": None}},
}


async def test_they_are_kept_for_each_by_themselves(services: Services) -> None:
    with_cheap_hashes(services)
    ada, bob = await somebody(services, password=None), await somebody(services, "bob", password=None)
    assert await read(services, ada.id) == {}
    assert await write(services, ada.id, WHOLE) == WHOLE
    await write(services, bob.id, {"theme": "light"})
    assert (await read(services, ada.id), await read(services, bob.id)) == (WHOLE, {"theme": "light"})
    await write(services, ada.id, {})
    assert await read(services, ada.id) == {}


async def test_two_who_change_different_things_at_once_both_have_their_way(services: Services) -> None:
    ada = await somebody(with_cheap_hashes(services), password=None)
    said = [{"theme": "dark"}, {"units": "mm"}, *({"pages": {"runs": {f"c{number}": number}}} for number in range(4))]
    await asyncio.gather(*(change(services, ada.id, each) for each in said))
    pages = {"runs": {f"c{number}": number for number in range(4)}}
    assert await read(services, ada.id) == {"theme": "dark", "units": "mm", "pages": pages}


@pytest.mark.parametrize(
    ("changes", "merge"),
    [
        ({}, {"theme": "dark", "pages": {"runs": {"a": 1, "b": 2}}}),
        ({"theme": "light"}, {"theme": "light", "pages": {"runs": {"a": 1, "b": 2}}}),
        ({"theme": None}, {"pages": {"runs": {"a": 1, "b": 2}}}),
        ({"pages": {"runs": {"b": 3}}}, {"theme": "dark", "pages": {"runs": {"a": 1, "b": 3}}}),
        ({"pages": {"runs": {"b": None}}}, {"theme": "dark", "pages": {"runs": {"a": 1}}}),
        ({"pages": {"plant": {"c": 4}}}, {"theme": "dark", "pages": {"runs": {"a": 1, "b": 2}, "plant": {"c": 4}}}),
    ],
    ids=["nothing", "another", "taken away", "a setting", "a setting taken away", "another page"],
)
def test_a_change_leaves_all_else_as_it_is(changes: dict[str, Any], merge: dict[str, Any]) -> None:
    before = {"theme": "dark", "pages": {"runs": {"a": 1, "b": 2}}}
    assert merged(before, changes) == merge
    assert before == {"theme": "dark", "pages": {"runs": {"a": 1, "b": 2}}}


@pytest.mark.parametrize(
    "changes", [{"pages": {"runs": 3}}, {"theme": "pink"}, {"x": 1}], ids=["page", "theme", "name"]
)
def test_what_cannot_be_preferred_is_no_change(changes: dict[str, Any]) -> None:
    with pytest.raises(AccountInvalid):
        merged({}, changes)


def deep(levels: int) -> Any:
    return {} if levels == 0 else {"a": deep(levels - 1)}


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"colour": "red"}, "preferences"),
        ({1: 2}, "preferences"),
        ({"theme": "pink"}, "theme"),
        ({"theme": ["dark"]}, "theme"),
        ({"theme": None}, "theme"),
        ({"units": "furlong"}, "units"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": 7}, "time_zone"),
        ({"time_zone": "a\x00"}, "time_zone"),
        ({"pages": []}, "pages"),
        ({"pages": {"runs": []}}, "pages"),
        ({"pages": {"../runs": {}}}, "pages"),
        ({"pages": {1: {}}}, "pages"),
        ({"pages": {"runs": {"a": "\x00"}}}, "pages"),
        ({"pages": {"runs": {"\ud800": 1}}}, "pages"),
        ({"pages": {"runs": {"a": float("nan")}}}, "pages"),
        ({"pages": {"runs": {"a": float("inf")}}}, "pages"),
        ({"pages": {"runs": {"a": 10**5000}}}, "pages"),
        ({"pages": {"runs": {"a": 1e300}}}, "pages"),
        ({"pages": {"runs": {"a": 1e-300}}}, "pages"),
        ({"pages": {"runs": {"a": b"x"}}}, "pages"),
        ({"pages": deep(10)}, "pages"),
        ({"pages": {"runs": {"a": "x" * MOST_PREFERENCES}}}, "preferences"),
    ],
    ids=[
        "another member", "no name", "no such theme", "a list", "null", "no such unit", "no such zone", "a number",
        "NUL in a zone", "no object", "a page that is none", "a path", "a page of no name", "NUL", "half a pair", "NaN",
        "infinite", "huge", "large", "tiny", "bytes", "deep", "long",
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_and_named(document: dict[Any, Any], where: str) -> None:
    with pytest.raises(AccountInvalid) as refused:
        check(document)
    assert refused.value.where == where


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANYTHING = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner))


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(["theme", "units", "time_zone", "pages", "x"]), ANYTHING, max_size=3))
def test_whatever_comes_is_kept_as_it_is_or_refused(document: dict[str, Any]) -> None:
    try:
        kept = check(document)
    except AccountInvalid:
        return
    assert kept == document
    assert json.loads(json.dumps(kept)) == kept


async def test_whatever_is_not_refused_the_database_takes(services: Services) -> None:
    """The longest that passes, of what PostgreSQL writes longest."""
    user = await somebody(with_cheap_hashes(services), password=None)
    for each in (1e-9, 2.0**53, -1.5e-7, 123456789.123, "\\" * 10, '"' * 10, "\u00e9" * 10):
        pages: dict[str, Any] = {"runs": {"a": []}}
        while True:
            pages["runs"]["a"].append(each)
            try:
                check({"pages": pages})
            except AccountInvalid:
                pages["runs"]["a"].pop()
                break
        assert await write(services, user.id, {"pages": pages}) == {"pages": pages}
        assert await read(services, user.id) == {"pages": pages}
