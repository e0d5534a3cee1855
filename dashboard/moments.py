"""Times that may be asked for: those that ids can name, whole hours around them included."""

from __future__ import annotations

from datetime import UTC, datetime

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 1, 1, tzinfo=UTC)
"""Not included."""


def moment(text: str) -> datetime | None:
    """Return the time that `text` (ISO 8601 with its zone) says, None if it says none that may be asked for."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None and EARLIEST <= found < LATEST else None
