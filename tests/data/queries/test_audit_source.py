"""What an anchor says of the database that it was made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from data.database import Database
from data.queries import audit, audit_source


async def lot(database: Database, code: str) -> int:
    """Open a lot; return the id of its entry."""
    async with database.unit_of_work() as work:
        await work.parts.open_lot(code)
        await work.commit()
    async with database.session() as session:
        return (await audit.page(session, audit.Sought(), limit=1)).items[0].id


async def test_an_empty_trail_has_no_heads_and_no_last_entry(database: Database) -> None:
    async with database.snapshot() as session:
        found = await audit_source.source(session)
    assert (found.entry_id, found.heads) == (0, {})


async def test_the_database_says_who_it_is_and_how_far_it_has_come(database: Database) -> None:
    last = [await lot(database, code) for code in "AB"][-1]
    async with database.snapshot() as session:
        found = await audit_source.source(session)
        heads = await audit.heads(session)
        name = await session.scalar(text("SELECT current_database()"))
    assert (found.database, found.system.isdigit(), len(found.system) > 15) == (name, True, True)
    assert (found.entry_id, found.heads) == (last, heads)
    assert {position for position, _ in found.heads.values()} == {2}


async def test_it_is_as_of_one_moment(database: Database) -> None:
    await lot(database, "A")
    async with database.snapshot() as session:
        before = await audit_source.source(session)
        await lot(database, "B")
        assert await audit_source.source(session) == before


async def test_the_first_entry_after_another_is_found_by_its_id(database: Database) -> None:
    first, second = [await lot(database, code) for code in "AB"]
    async with database.session() as session:
        moments = [await audit_source.first_after(session, id_) for id_ in (0, first, second)]
    assert moments[0] is not None
    assert moments[1] is not None
    assert moments[0] < moments[1] < datetime.now(UTC) + timedelta(minutes=5)
    assert moments[2] is None
