"""UUIDv7 (RFC 9562, section 5.7) from a time and randomness that are handed in."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

RANDOM_BYTES = 10


def uuid7(unix_ms: int, randomness: bytes) -> UUID:
    """Build a UUIDv7 from milliseconds since the epoch and ten random bytes.

    Raises:
        ValueError: the time does not fit 48 bits, or there are not ten random bytes.
    """
    if not 0 <= unix_ms < 1 << 48:
        raise ValueError(f"expected 0 <= unix_ms < 2**48, got {unix_ms}")
    if len(randomness) != RANDOM_BYTES:
        raise ValueError(f"expected {RANDOM_BYTES} random bytes, got {len(randomness)}")
    tail = int.from_bytes(randomness, "big") & ((1 << 74) - 1)
    rand_a, rand_b = tail >> 62, tail & ((1 << 62) - 1)
    return UUID(int=(unix_ms << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b)


def uuid7_floor(moment: datetime) -> UUID:
    """Return the least UUIDv7 of `moment` (timezone-aware): the bound of a partition or of a time filter."""
    return uuid7(int(moment.timestamp() * 1000), bytes(RANDOM_BYTES))


def uuid7_time(value: UUID) -> datetime:
    """Return the UTC time, to the millisecond, at which a UUIDv7 was made."""
    return datetime.fromtimestamp((value.int >> 80) / 1000, tz=UTC)
