"""Writes what processes count and measure. Rules: `data.tables.figures`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables.figures import EARLIER

Counts = Mapping[tuple[str, str], float]
"""How much more there is of samples, by their names and their labels (`labels_of`)."""

SILENT_FOR = timedelta(minutes=10)
"""A process that was not heard of for so long has ended, or will go on from nothing."""
REMEMBERED_FOR = timedelta(days=7)
"""For so long its numbers are known, should it come back with an addition that was made already."""
FOLDING_LOCK = 0x6D61726D  # one beside the lock of `data.setting_up`

_ADD = text("""
INSERT INTO figures (process_id, sample, labels, value)
SELECT :process_id, added.*
FROM unnest(CAST(:samples AS text[]), CAST(:labels AS text[]), CAST(:by AS float8[])) AS added
ORDER BY 2, 3
ON CONFLICT ON CONSTRAINT pk_figures DO UPDATE SET value = figures.value + excluded.value
""")

_SEE = text("""
INSERT INTO processes (id, role, host, pid, kept, gauges)
VALUES (:id, :role, :host, :pid, :number, CAST(:gauges AS jsonb))
ON CONFLICT ON CONSTRAINT pk_processes DO UPDATE
SET seen_at = now(), kept = excluded.kept, gauges = excluded.gauges WHERE processes.kept < excluded.kept
RETURNING clock_timestamp()
""")

_ALONE = text("SELECT pg_try_advisory_xact_lock(:lock)")

_FOLD = text("""
WITH gone AS (
    DELETE FROM figures WHERE process_id <> :earlier
    AND process_id NOT IN (SELECT id FROM processes WHERE seen_at > now() - CAST(:silent_for AS interval))
    RETURNING sample, labels, value
)
INSERT INTO figures (process_id, sample, labels, value)
SELECT :earlier, sample, labels, sum(value) FROM gone GROUP BY sample, labels ORDER BY sample, labels
ON CONFLICT ON CONSTRAINT pk_figures DO UPDATE SET value = figures.value + excluded.value
""")

_FORGET = text("DELETE FROM processes WHERE seen_at < now() - CAST(:remembered_for AS interval)")


@dataclass(frozen=True)
class Addition:
    """What a process has counted since its last addition, the `number` of this one, and what it measures now."""

    process_id: UUID
    role: str
    host: str
    pid: int
    number: int
    counts: Counts
    gauges: Sequence[tuple[str, dict[str, str], float]] = ()


def labels_of(labels: Mapping[str, str]) -> str:
    """Return labels as they are kept."""
    return json.dumps(dict(sorted(labels.items())), ensure_ascii=False, separators=(",", ":"))


class Figures:
    """Figures as they are written."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def count(self, process_id: UUID, counts: Counts) -> None:
        """Add to the figures of a process: kept with the unit of work that does what is counted, or not at all."""
        if not counts:
            return
        by = sorted(counts.items())
        told = {
            "samples": [sample for (sample, _), _ in by],
            "labels": [labels for (_, labels), _ in by],
            "by": [float(more) for _, more in by],
        }
        await self._session.execute(_ADD, {"process_id": process_id, **told})

    async def add(self, addition: Addition) -> datetime | None:
        """Add what a process has counted; return the database's time, or None if it was added before."""
        seen = {
            "id": addition.process_id,
            "role": addition.role,
            "host": addition.host,
            "pid": addition.pid,
            "number": addition.number,
            "gauges": json.dumps([list(gauge) for gauge in addition.gauges]),
        }
        now: datetime | None = await self._session.scalar(_SEE, seen)
        if now is not None:
            await self.count(addition.process_id, addition.counts)
        return now

    async def fold(self, *, silent_for: timedelta = SILENT_FOR) -> None:
        """Take over the figures of processes that were not seen for `silent_for`. Harmless at any time, by several."""
        if await self._session.scalar(_ALONE, {"lock": FOLDING_LOCK}):
            await self._session.execute(_FOLD, {"earlier": EARLIER, "silent_for": silent_for})
            await self._session.execute(_FORGET, {"remembered_for": REMEMBERED_FOR})
