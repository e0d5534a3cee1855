"""What a list shows of a mark: read from the evidence, whatever of it is there."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from data.database import Database
from data.queries.marks import Mark, marks
from tests.data.rows import result, waiting

OUTLINE = [[0.0, 0.0], [40.0, 0.0], [40.0, 20.0], [0.0, 20.0]]


async def found(database: Database, *ids: UUID) -> dict[UUID, Mark]:
    async with database.session() as session:
        return await marks(session, ids)


@pytest.mark.parametrize(
    ("evidence", "mark"),
    [
        (
            {"lines": [{"text": "SN74"}, {"text": "19 A"}], "outline": OUTLINE, "rotation_ccw_deg": 181.5},
            Mark(("SN74", "19 A"), ((0.0, 0.0), (40.0, 0.0), (40.0, 20.0), (0.0, 20.0)), 181.5),
        ),
        ({"lines": [], "outline": None, "rotation_ccw_deg": 0}, Mark((), None, 0.0)),
        ({}, Mark((), None, 0.0)),
    ],
    ids=["a mark", "nothing found", "no evidence"],
)
async def test_lines_outline_and_turn_come_from_the_evidence(
    database: Database, evidence: dict[str, Any], mark: Mark
) -> None:
    (inspection_id,) = await waiting(database)
    async with database.unit_of_work() as work:
        await work.verdicts.keep([result(inspection_id, evidence=evidence)])
        await work.commit()
    assert await found(database, inspection_id) == {inspection_id: mark}


async def test_what_has_no_result_has_no_mark(database: Database) -> None:
    (inspection_id,) = await waiting(database)
    assert await found(database, inspection_id, uuid4()) == {}
    assert await found(database) == {}
