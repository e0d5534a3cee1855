"""What came in while the database was away is part of the trace it came by, written alone or with others."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from data.tables import OutboxItem
from data.trace_parent import traced_under
from tests.data.test_trace_parent import ONE, OTHER
from tests.gate import Gate
from tests.workers.conftest import Behind
from tests.workers.queue_probe import picture
from workers.catching_up import CatchingUp
from workers.composition import Services
from workers.intake import accept, intended_of

TRACES = {"alone": [ONE], "none": [None], "together": [ONE, None, OTHER]}


async def kept(services: Services) -> dict[UUID, str | None]:
    async with services.database.session() as session:
        rows = await session.execute(select(OutboxItem.inspection_id, OutboxItem.trace_parent))
        return {row.inspection_id: row.trace_parent for row in rows}


@pytest.mark.parametrize("traces", TRACES.values(), ids=TRACES)
async def test_a_spooled_picture_goes_on_with_its_trace(
    database: Gate, behind: Behind, traces: list[str | None]
) -> None:
    services = behind()
    await database.close()
    told = {}
    for trace in traces:
        with traced_under(trace):
            told[await accept(services, picture())] = trace
    assert {record.id: intended_of(record).trace for record in services.spool.waiting()} == told
    await database.open()
    assert await CatchingUp(services).turn() == len(traces)
    assert await kept(services) == told


async def test_what_comes_in_by_itself_keeps_the_trace_that_goes_on(services: Services) -> None:
    with traced_under(ONE):
        id_ = await accept(services, picture())
    other = await accept(services, picture())
    assert await kept(services) == {id_: ONE, other: None}
