"""The whole of a verification: anchors where they lie, and the audit trail walked against them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from data.anchors import open_place
from data.database import Database
from data.queries.audit_source import AuditSource
from data.urls import anchor_url, app_url
from workers import anchor_notes
from workers.anchor_reading import AnchorsRead, read_path, read_place
from workers.anchoring import source_of
from workers.auditing import Verified, verify
from workers.composition import Services


@dataclass(frozen=True)
class Proof:
    """What came of it; `remarks` are worth knowing and no faults."""

    verified: Verified
    anchors: AnchorsRead
    remarks: tuple[str, ...] = field(default=())

    @property
    def holds(self) -> bool:
        """Whether all is as it was written, as far as can be seen."""
        return not (self.verified.faults or self.anchors.faults)


async def prove(
    services: Services, *, tell: Callable[[int, int], None], answer_s: float, path: Path | None = None
) -> Proof:
    """Read the anchors (in `path`, or where they lie), then walk the trail; `tell` hears how far of how many.

    The anchors are read first: none of them is of a later moment than what is walked.

    Raises:
        AnchorError: the anchors cannot be read, or there are none in `path`.
    """
    read = await _anchors(services, path)
    database = Database(app_url(services.settings), answer_s=answer_s)
    try:
        source = await source_of(database)
        total = sum(position for position, _ in source.heads.values())
        verified = await verify(database, anchors=read.anchored, tell=lambda seen: tell(seen, total))
    finally:
        await database.close()
    return Proof(verified, read, tuple(_remarks(read, source)))


async def _anchors(services: Services, path: Path | None) -> AnchorsRead:
    if path is not None:
        return await read_path(path)
    place = open_place(anchor_url(services.settings))
    notes = await asyncio.to_thread(anchor_notes.read, services.settings.home)
    return await read_place(place, notes)


def _remarks(read: AnchorsRead, source: AuditSource) -> list[str]:
    remarks = []
    if not read.count:
        remarks.append(
            f"There are no anchors in {read.place}: a chain that was rewritten whole, with its head, is not found."
        )
    others = [f"{database} (system {system})" for database, system in read.of if (database, system) != _of(source)]
    if others:
        remarks.append(
            f"Some anchors are of another database, or of this one before it was restored: {', '.join(others)}."
        )
    return remarks


def _of(source: AuditSource) -> tuple[str, str]:
    return source.database, source.system
