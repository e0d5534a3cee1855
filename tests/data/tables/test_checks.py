"""What a row may hold is held to by the database, whoever writes."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.recipe import DISPOSITIONS
from data.database import Database
from data.tables import TRANSITIONS, Image, Inspection, Lot, OutboxItem, RecipeVersion, Result, metadata
from data.tables.base import NAMES
from tests.data.rows import MOMENT, add_inspection, picture, published, result, waiting


async def test_ids_of_inspections_are_uuid7(database: Database) -> None:
    async with database.unit_of_work() as work:
        with pytest.raises(IntegrityError, match="ck_inspections_id_is_uuid7"):
            await add_inspection(work, uuid4())


@pytest.mark.parametrize(
    ("fields", "check"),
    [
        pytest.param({"verdict": "maybe"}, "verdict_known", id="verdict"),
        pytest.param({"disposition": "eaten"}, "disposition_known", id="disposition"),
        pytest.param({"score": 10_001}, "score_in_range", id="score over 1"),
        pytest.param({"score": -2}, "score_in_range", id="score under missing"),
        pytest.param({"signals": {"ocr_margin": -10_001}}, "ocr_margin_in_range", id="margin under -1"),
        pytest.param({"signals": {"surface_score": -2}}, "surface_score_in_range", id="signal's score"),
        pytest.param({"digest": b"short"}, "digest_is_sha256", id="digest"),
    ],
)
async def test_results_are_checked(database: Database, fields: dict[str, Any], check: str) -> None:
    [id_] = await waiting(database)
    async with database.unit_of_work() as work:
        with pytest.raises(IntegrityError, match=f"ck_results_{check}"):
            await work.verdicts.keep([result(id_, **fields)])


@pytest.mark.parametrize("disposition", DISPOSITIONS)
async def test_every_disposition_of_a_recipe_can_be_kept(database: Database, disposition: str) -> None:
    [id_] = await waiting(database)
    async with database.unit_of_work() as work:
        await work.verdicts.keep([result(id_, disposition=disposition)])
        assert await work.session.scalar(select(Result.disposition)) == disposition


@pytest.mark.parametrize("state", TRANSITIONS)
async def test_every_state_can_be_kept(database: Database, state: str) -> None:
    ids = await waiting(database)
    async with database.unit_of_work() as work:
        await work.session.execute(update(Inspection).where(Inspection.id.in_(ids)).values(state=state))
        await work.commit()
    async with database.session() as session:
        assert list(await session.scalars(select(Inspection.state))) == [state]


@pytest.mark.parametrize(
    ("values", "check"),
    [
        pytest.param({"number": 1}, "published_is_numbered", id="a numbered draft"),
        pytest.param({"state": "published"}, "published_is_numbered", id="published without a number"),
        pytest.param({"state": "retired", "number": 9, "published_at": MOMENT}, "state_known", id="an unknown state"),
    ],
)
async def test_versions_are_checked(database: Database, values: dict[str, Any], check: str) -> None:
    recipe_id = (await published(database)).recipe_id
    row = {"id": database.ids(), "recipe_id": recipe_id, "part_number": "", "document": {}, **values}
    async with database.unit_of_work() as work:
        with pytest.raises(IntegrityError, match=check):
            await work.session.execute(insert(RecipeVersion).values(row))


async def test_pictures_are_checked(database: Database) -> None:
    row = {"sha256": bytes(31), "media_type": "image/png", "width_px": 1, "height_px": 1, "byte_count": 1}
    async with database.unit_of_work() as work:
        with pytest.raises(IntegrityError, match="ck_images_sha256_is_sha256"):
            await work.session.execute(insert(Image).values(id=work.new_id(), **row))


async def test_lots_are_checked(database: Database) -> None:
    async with database.unit_of_work() as work:
        with pytest.raises(IntegrityError, match="ck_lots_state_known"):
            await work.session.execute(insert(Lot).values(id=work.new_id(), code="L1", state="lost"))


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"lease_token": UUID(int=1)}, id="a lease without an end"),
        pytest.param({"batch_id": UUID(int=1)}, id="a batch without its time"),
    ],
)
async def test_leases_and_batches_are_whole(database: Database, values: dict[str, Any]) -> None:
    await waiting(database)
    async with database.unit_of_work() as work:
        with pytest.raises(IntegrityError, match="ck_outbox"):
            await work.session.execute(update(OutboxItem).values(values))


async def test_nothing_waits_that_did_not_come_in(database: Database) -> None:
    async with database.unit_of_work() as work:
        with pytest.raises(IntegrityError, match="fk_outbox_inspection_id"):
            await work.outbox.add(work.new_id(), 0)


async def test_no_result_without_its_inspection(database: Database) -> None:
    async with database.unit_of_work() as work:
        with pytest.raises(DBAPIError, match="fk_results_inspection_id"):
            await work.verdicts.keep([result(work.new_id())])


def test_states_lead_only_to_states() -> None:
    assert {state for following in TRANSITIONS.values() for state in following} <= set(TRANSITIONS)


def test_every_constraint_has_a_name_of_the_convention() -> None:
    constraints = [constraint for table in metadata.tables.values() for constraint in table.constraints]
    assert all(str(constraint.name).split("_")[0] in NAMES for constraint in constraints)


def test_an_address_is_the_digest_in_hexadecimal() -> None:
    digest = bytes.fromhex(picture().address)
    assert Image(sha256=digest).address == picture().address
