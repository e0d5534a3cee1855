"""What came in within a period, by the time in its id."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from core.ids import uuid7_floor


def within(
    ids: InstrumentedAttribute[UUID], since: datetime, until: datetime
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions that rows came in from `since` (timezone-aware) up to `until`, which is not counted.

    A partitioned table is looked through in the months of that period alone.
    """
    return ids >= uuid7_floor(since), ids < uuid7_floor(until)
