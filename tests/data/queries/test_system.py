"""How the system stands: figures that follow the queue through all its states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text, update

from core.ids import uuid7_floor
from data import migrate
from data.database import Database
from data.queries.images import known
from data.queries.queue import tasks, unclaimed_batches
from data.queries.system import QueueFigures, queue_figures, system_figures
from data.tables import OutboxItem
from tests.data.rows import MOMENT, batched, claimed, judged, picture, published, recipe, waiting


async def queue(database: Database) -> QueueFigures:
    async with database.session() as session:
        return await queue_figures(session)


async def test_an_empty_queue_has_no_age(database: Database) -> None:
    assert await queue(database) == QueueFigures(0, 0, 0, 0, 0.0)


async def test_the_queue_is_counted_by_where_things_stand(database: Database) -> None:
    await claimed(database, await batched(database, 3))
    await batched(database, 2)
    await waiting(database)
    async with database.unit_of_work() as work:
        await work.session.execute(
            update(OutboxItem)
            .where(OutboxItem.batch_id.is_(None))
            .values(available_at=text("now() + interval '1 hour'"))
        )
        await work.commit()
    await waiting(database, 4)
    found = await queue(database)
    assert (found.waiting, found.batched, found.running, found.resting, found.depth) == (4, 2, 3, 1, 10)


async def test_the_oldest_is_as_old_as_it_came_in(database: Database) -> None:
    await waiting(database, id_=uuid7_floor(datetime.now(tz=UTC) - timedelta(hours=2)))
    await waiting(database, 2)
    assert 7100 < (await queue(database)).oldest_s < 7400


async def test_the_page_has_its_figures(database: Database) -> None:
    await judged(database, "pass")
    await judged(database, "fail")
    await claimed(database, await batched(database, 2))
    await waiting(database, id_=uuid7_floor(MOMENT))  # long ago: outside the hours counted
    async with database.session() as session:
        found = await system_figures(session, now=datetime.now(tz=UTC))
    assert found.verdicts == {"pass": 1, "fail": 1}
    assert found.states == {"done": 2, "running": 2}
    assert [(holder.name, holder.claims) for holder in found.holders] == [("test", 2)]
    assert (found.images, found.image_bytes) == (1, 1000)
    assert found.revision == migrate.head()
    assert found.database_bytes > 0
    assert int(found.database_version.split(".")[0]) >= 15


async def test_batches_that_nobody_has_begun_are_listed_oldest_first(database: Database) -> None:
    first, second, third = [await batched(database, 2) for _ in range(3)]
    await claimed(database, second)
    async with database.session() as session:
        assert await unclaimed_batches(session) == [first, third]


async def test_a_worker_is_told_what_it_needs(database: Database) -> None:
    version = await published(database)
    with_recipe = await waiting(database, recipe_version_id=version.version_id)
    without = await waiting(database)
    async with database.session() as session:
        found = await tasks(session, [*with_recipe, *without])
        assert await tasks(session, []) == {}
    assert found[with_recipe[0]].recipe == recipe().to_document()
    assert found[without[0]].recipe is None
    assert {one.address for task in found.values() for one in task.pictures} == {picture().address}
    assert {task.captured_at for task in found.values()} == {MOMENT}


async def test_a_picture_is_known_by_its_bytes(database: Database) -> None:
    await waiting(database)
    async with database.session() as session:
        assert await known(session, picture().address)
        assert not await known(session, picture("never seen").address)
