"""The month partitions of what grows for ever.

1. `inspections`, `inspection_images` and `results` have one partition a month (UTC), bounded by the least UUIDv7 of
   the month and of the next: `core.ids.uuid7_floor`, and `uuid7_floor` in the database, which give the same bytes.
2. Partitions are made ahead of need: when migrating, when `relay` starts, and daily; `MONTHS_AHEAD` covers weeks in
   which nobody starts anything. The database function `ensure_month_partitions` does it with its owner's rights, so
   that the application's role, which owns nothing, may call it.
3. Each table has a default partition, so that a part is never refused because a clock is wrong or nobody made the
   month: it catches every id outside the months. Nothing is lost there but speed. A month of which the default
   partition already holds rows stays in the default partition; `doctor` says how many lie there (`stray_count`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

PARTITIONED = ("inspections", "inspection_images", "results")
MONTHS_AHEAD = 3


async def ensure_partitions(connection: AsyncConnection, now: datetime, months_ahead: int = MONTHS_AHEAD) -> list[str]:
    """Make the missing partitions of this month and those ahead; return the names of those made.

    Made in the transaction that `connection` is in; the caller commits.
    """
    statement = text("SELECT ensure_month_partitions(CAST(:month AS timestamptz), CAST(:months AS integer))")
    made = await connection.scalar(statement, {"month": now, "months": months_ahead + 1})
    return list(made or [])


def stray_count(table: str) -> str:
    """Return the query that counts the rows in a default partition: 0 unless a clock was wrong or a month was missing.

    For the owning role: nobody else has a right to a partition itself.
    """
    return f"SELECT count(*) FROM {partition_default(table)}"  # noqa: S608  # a table of ours


def partition_name(table: str, month: datetime) -> str:
    """Return the name of the partition of `table` that holds the month of `month` (UTC)."""
    return f"{table}_y{month.year:04d}m{month.month:02d}"


def partition_default(table: str) -> str:
    """Return the name of the partition of `table` that holds what no month does."""
    return f"{table}_default"
