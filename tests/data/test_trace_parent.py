"""The trace that goes on is that of whoever is innermost, in its own task alone."""

from __future__ import annotations

import asyncio

import pytest

from data.trace_parent import is_trace_parent, trace_parent, traced_under

ONE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTHER = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00"


def test_the_innermost_goes_on_and_the_one_around_comes_back() -> None:
    assert trace_parent() is None
    with traced_under(ONE):
        with traced_under(OTHER):
            assert trace_parent() == OTHER
        assert trace_parent() == ONE
        with traced_under(None):
            assert trace_parent() is None
    assert trace_parent() is None


async def test_a_task_goes_on_with_the_trace_it_was_begun_in_and_leaves_others_alone() -> None:
    async def other() -> str | None:
        with traced_under(OTHER):
            await asyncio.sleep(0)
            return trace_parent()

    async def same() -> str | None:
        await asyncio.sleep(0)
        return trace_parent()

    with traced_under(ONE):
        assert await asyncio.gather(other(), same()) == [OTHER, ONE]
        assert await asyncio.to_thread(trace_parent) == ONE


FORMS = {
    "one": (ONE, True),
    "not sampled": (OTHER, True),
    "empty": ("", False),
    "another version": ("01" + ONE[2:], False),
    "no trace": (f"00-{'0' * 32}-b7ad6b7169203331-01", False),
    "no span": (f"00-0af7651916cd43dd8448eb211c80319c-{'0' * 16}-01", False),
    "large letters": (ONE.upper(), False),
    "more behind it": (ONE + "-00", False),
    "a line behind it": (ONE + "\n", False),
    "too short": (ONE[:-1], False),
    "no hexadecimal": (ONE.replace("0af7", "0xf7"), False),
}


@pytest.mark.parametrize(("said", "is_one"), FORMS.values(), ids=FORMS)
def test_only_what_has_the_form_is_one(said: str, is_one: bool) -> None:
    assert is_trace_parent(said) is is_one
