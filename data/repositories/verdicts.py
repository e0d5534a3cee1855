"""Writes verdicts whole: results, where their inspections stand then, and the word to whoever waits, in one statement,
which says who acts too.

Somebody may wait for each of them, and each way to the database and back takes longer than what is done there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text, bindparam, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from data.channels import RESULTS
from data.repositories.inspections import moving
from data.repositories.results import ADD, NewResult, rows
from data.saying_who import WHO, said
from data.tables import QUEUE_STEPS

_EACH = func.unnest(cast(bindparam("told", type_=ARRAY(Text)), ARRAY(Text))).column_valued()
_KEEP = select(func.pg_notify(RESULTS, _EACH), *WHO).add_cte(
    ADD.cte("kept"),
    moving(QUEUE_STEPS["finish"].state).cte("moved"),
)


def word_of(inspection_id: UUID, verdict: str) -> dict[str, str]:
    """Return what is told on `RESULTS` of an inspection that has come to its end."""
    return {"inspection_id": str(inspection_id), "verdict": verdict}


class Verdicts:
    """Verdicts as they are written."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def keep(self, new: Sequence[NewResult]) -> None:
        """Add results, bring their inspections to where they stand with one, and tell `RESULTS` of each."""
        if not new:
            return
        told = [json.dumps(word_of(one.inspection_id, one.verdict)) for one in new]
        ids = [one.inspection_id for one in new]
        await self._session.execute(_KEEP, {"rows": rows(new), "ids": ids, "told": told, **said()})
