"""Writes results: once each, and never again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import MISSING, Document, Result


@dataclass(frozen=True)
class NewResult:
    """A verdict with everything that led to it; scores and margins in ten-thousandths, -1 for missing.

    `signals` are the columns named after them (`ocr_score`, `ocr_margin`, `ocr_legible`, `logo_score`, ...).
    """

    inspection_id: UUID
    recipe_version_id: UUID | None
    verdict: str
    disposition: str
    signal_version: str
    evidence: Document
    digest: bytes
    reasons: Sequence[str] = ()
    facts: int = 0
    score: int = MISSING
    confidence: int = MISSING
    signals: dict[str, int] = field(default_factory=dict)
    attempts: int = 1
    variant: str | None = None
    seconds: Document = field(default_factory=dict)

    def row(self) -> dict[str, object]:
        """Return the columns of `results`."""
        columns = {name: value for name, value in vars(self).items() if name != "signals"}
        return {**columns, **self.signals, "reasons": list(self.reasons)}


class Results:
    """Results as they are written."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, new: Sequence[NewResult]) -> set[UUID]:
        """Add results; return the ids of those that were new. An inspection that has a result keeps the first."""
        if not new:
            return set()
        signals = {name: MISSING for result in new for name in result.signals}
        rows = [signals | result.row() for result in new]
        added = insert(Result).values(rows).on_conflict_do_nothing(index_elements=["inspection_id"])
        return set(await self._session.scalars(added.returning(Result.inspection_id)))
