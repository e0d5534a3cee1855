"""Ids of one process sort as they were made, whatever the clock does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ids import uuid7_time
from data.ids import IdMaker

MS = 1_772_712_000_000


def clock(*readings: int) -> Callable[[], int]:
    times: Iterator[int] = iter(readings)
    return lambda: next(times)


@pytest.mark.parametrize(
    "readings",
    [
        pytest.param((MS, MS + 1, MS + 2), id="the clock runs"),
        pytest.param((MS, MS, MS), id="within one millisecond"),
        pytest.param((MS, MS - 5000, MS + 1), id="the clock steps back"),
    ],
)
def test_ids_increase(readings: tuple[int, ...]) -> None:
    make = IdMaker(clock(*readings))
    ids = [make() for _ in readings]
    assert ids == sorted(set(ids))


@given(st.lists(st.integers(0, 5), min_size=2, max_size=50), st.binary(min_size=10, max_size=10))
def test_ids_increase_for_any_clock_and_any_randomness(readings: list[int], randomness: bytes) -> None:
    make = IdMaker(clock(*readings), lambda count: randomness[:count])
    ids = [make() for _ in readings]
    assert ids == sorted(set(ids))
    assert all(id_.version == 7 and id_.variant == "specified in RFC 4122" for id_ in ids)


def test_an_id_tells_when_it_was_made() -> None:
    assert uuid7_time(IdMaker(clock(MS))()).timestamp() * 1000 == MS


def test_a_used_up_millisecond_borrows_the_next() -> None:
    make = IdMaker(clock(MS, MS), lambda count: b"\xff" * count)
    first, second = make(), make()
    assert uuid7_time(second) > uuid7_time(first)


def test_two_makers_make_different_ids_in_one_millisecond() -> None:
    assert IdMaker(clock(MS))() != IdMaker(clock(MS))()


def test_threads_share_a_maker() -> None:
    make = IdMaker()
    ids: list[UUID] = []
    threads = [threading.Thread(target=lambda: ids.extend(make() for _ in range(500))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 2000
