"""The hours of a station, as they are drawn: in the time zone of its site, with what does not go together in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from layouts.hours import Hour, hours

MOST_LISTED = 12
ENDS = ("judged", "failed", "cancelled")


def station_hours(told: Sequence[Mapping[str, Any]], zone: str) -> str:
    """Return hours (`data.queries.reconciliation.told`, times as ISO 8601), the oldest first, as markup."""
    place = _zone(zone)
    return hours([_hour(one, place) for one in told], zone=str(place), most=MOST_LISTED)


def difference(counted: Mapping[str, Any]) -> str:
    """Return in words what does not go together; empty when all does."""
    missing, lost = counted["missing"], counted["lost"]
    parts = []
    if missing > 0:
        parts.append(f"{missing:,} {'trigger has' if missing == 1 else 'triggers have'} no picture.")
    if missing < 0:
        parts.append(f"{-missing:,} {'picture has' if missing == -1 else 'pictures have'} no trigger.")
    if lost:
        parts.append(
            f"{lost:,} {'inspection has' if lost == 1 else 'inspections have'} neither an end nor a place in the queue."
        )
    return " ".join(parts)


def _hour(told: Mapping[str, Any], zone: tzinfo) -> Hour:
    since, until = (datetime.fromisoformat(told[name]).astimezone(zone) for name in ("since", "until"))
    return Hour(
        word=f"{since:%d %b %H:%M}",
        zoned=f"{since:%d %b %Y %H:%M} to {until:%H:%M %Z}",
        triggers=told["triggers"],
        pictures=told["received"],
        parts=told["inspections"],
        results=sum(told[name] for name in ENDS),
        difference=difference(told),
    )


def _zone(name: str) -> tzinfo:
    """Return a time zone; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
