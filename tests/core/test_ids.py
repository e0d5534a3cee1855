"""UUIDv7: ordered by time, and able to say it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ids import RANDOM_BYTES, uuid7, uuid7_floor, uuid7_time

MILLISECONDS = st.integers(0, (1 << 48) - 1)
RANDOMNESS = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)


def test_agrees_with_the_example_of_rfc_9562() -> None:
    # RFC 9562, appendix A.6: 2022-02-22 14:22:22 -05:00, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F
    tail = (0xCC3 << 62) | 0x18C4DC0C0C07398F
    assert uuid7(1645557742000, tail.to_bytes(10, "big")) == UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")


@given(MILLISECONDS, RANDOMNESS)
def test_version_and_variant_are_those_of_the_standard(unix_ms: int, randomness: bytes) -> None:
    value = uuid7(unix_ms, randomness)
    assert (value.version, value.variant) == (7, "specified in RFC 4122")


@given(MILLISECONDS, MILLISECONDS, RANDOMNESS, RANDOMNESS)
def test_order_is_the_order_of_time(early: int, late: int, first: bytes, second: bytes) -> None:
    if early < late:
        assert uuid7(early, first) < uuid7(late, second)


@given(st.datetimes(datetime(1970, 1, 2), datetime(2999, 1, 1), timezones=st.just(UTC)), RANDOMNESS)  # noqa: DTZ001
def test_floor_is_the_least_of_its_millisecond(moment: datetime, randomness: bytes) -> None:
    floor = uuid7_floor(moment)
    assert floor <= uuid7(floor.int >> 80, randomness)
    assert abs(uuid7_time(floor) - moment) < timedelta(milliseconds=1.001)


@pytest.mark.parametrize(
    ("unix_ms", "randomness"),
    [(-1, bytes(10)), (1 << 48, bytes(10)), (0, b""), (0, bytes(9)), (0, bytes(11))],
    ids=["before the epoch", "beyond 48 bits", "no randomness", "too little", "too much"],
)
def test_refuses_what_does_not_fit(unix_ms: int, randomness: bytes) -> None:
    with pytest.raises(ValueError, match="expected"):
        uuid7(unix_ms, randomness)
