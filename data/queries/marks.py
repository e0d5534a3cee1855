"""Reads what a list shows of a mark beside its verdict: the text read, and where the package lies in the picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql.json import JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import Result


@dataclass(frozen=True)
class Mark:
    """The lines read, top to bottom; the package's corners in picture pixels (None: not found); how it is turned."""

    lines: tuple[str, ...]
    outline: tuple[tuple[float, float], ...] | None
    rotation_ccw_deg: float


async def marks(session: AsyncSession, inspection_ids: Iterable[UUID]) -> dict[UUID, Mark]:
    """Return the marks of those inspections that have a result; without their characters, which are most of it."""
    statement = select(
        Result.inspection_id,
        func.jsonb_path_query_array(Result.evidence, cast("$.lines[*].text", JSONPATH)),
        Result.evidence["outline"],
        Result.evidence["rotation_ccw_deg"],
    ).where(Result.inspection_id.in_(list(inspection_ids)))
    return {
        id_: Mark(
            lines=tuple(str(line) for line in lines),
            outline=tuple((float(x), float(y)) for x, y in outline) if outline else None,
            rotation_ccw_deg=float(turn or 0.0),
        )
        for id_, lines, outline, turn in await session.execute(statement)
    }
