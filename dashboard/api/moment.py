"""A time that a request says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field

from dashboard.moments import EARLIEST, LATEST


def _utc(said: datetime) -> datetime:
    """Return it in UTC: hours begin where UTC's do, whatever the zone, half an hour beside it or not."""
    return said.astimezone(UTC)


Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST), AfterValidator(_utc)]
