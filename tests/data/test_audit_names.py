"""What rows are called that entries name by their ids."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from data.database import Database
from data.queries import audit
from data.queries.audit import AuditView, Sought
from data.queries.audit_names import NAMED, names
from data.tables import RecipeVersion, metadata
from data.tables.audit import FOLLOWED
from tests.data.rows import published, recipe, waiting

NOWHERE = "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"


def said(**row: str | None) -> AuditView:
    return AuditView(
        id=1, relation="lots", row_id=None, operation="insert", actor="user:ada", request_id=None,
        at=datetime(2026, 1, 1, tzinfo=UTC), before=None, after=dict(row), lane=0, position=1,
    )  # fmt: skip


async def called(database: Database, *entries: AuditView) -> dict[UUID, str]:
    async with database.session() as session:
        return await names(session, entries)


async def test_an_inspection_is_told_with_the_names_of_what_it_refers_to(database: Database) -> None:
    version = await published(database, recipe())
    (id_,) = await waiting(database, recipe_version_id=version.version_id, lot="L2047")
    async with database.session() as session:
        entries = (await audit.page(session, Sought(row_id=id_))).items
        found = await names(session, entries)
    (came,) = (entry.after for entry in entries if entry.after)
    told = {name: found[UUID(came[name])] for name in ("recipe_version_id", "station_id", "lot_id")}
    assert told == {"recipe_version_id": "74LS00 DIP-14 version 1", "station_id": "bench", "lot_id": "L2047"}


async def test_a_version_that_is_not_published_is_called_a_draft(database: Database) -> None:
    async with database.unit_of_work() as work:
        draft = await work.recipes.create(recipe())
        await work.commit()
    async with database.session() as session:
        version = await session.scalar(select(RecipeVersion.id).where(RecipeVersion.recipe_id == draft.recipe_id))
    found = await called(database, said(recipe_version_id=str(version), recipe_id=str(draft.recipe_id)))
    assert found == {version: "74LS00 DIP-14, a draft", draft.recipe_id: "74LS00 DIP-14"}


async def test_what_was_before_is_named_too(database: Database) -> None:
    async with database.unit_of_work() as work:
        station = await work.plant.station_id(None)
        await work.commit()
    moved = replace(said(station_id=None), before={"station_id": str(station)})
    assert await called(database, moved) == {station: "bench"}


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param((), id="no entries"),
        pytest.param((said(),), id="nothing named"),
        pytest.param((said(**dict.fromkeys(NAMED, None)),), id="nulls"),
        pytest.param((said(**dict.fromkeys(NAMED, NOWHERE)),), id="rows that are gone"),
        pytest.param((replace(said(), after=None),), id="a table that was emptied"),
    ],
)
async def test_what_is_not_there_has_no_name(database: Database, entries: tuple[AuditView, ...]) -> None:
    assert await called(database, *entries) == {}


def test_every_column_that_is_named_is_one_of_a_followed_table() -> None:
    columns = {column.name for table in FOLLOWED for column in metadata.tables[table].columns}
    assert set(NAMED) <= columns
