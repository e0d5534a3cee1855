"""What workers and relay do is counted in the transaction that does it, by few labels, and what is refused is not."""

from __future__ import annotations

from uuid import UUID

from core.errors import ReaderFailed
from data.priorities import Priority
from data.queries.figures import Sampled, stations, totals
from data.repositories.outbox import Lease
from tests.data.rows import published
from tests.workers.conftest import Composed
from tests.workers.fakes import Fails
from tests.workers.queue_probe import take_in
from tests.workers.test_inspecting import RECIPE, batch_of, rested, run_out
from workers import metrics
from workers.claiming import Claimed, verdict_counts
from workers.composition import Services
from workers.counting import one
from workers.exposition import with_places
from workers.inspecting import inspect_batch
from workers.metrics import Metric
from workers.outbox import next_batch, requeue_expired
from workers.relay import Relay


async def counted(services: Services, metric: Metric) -> list[Sampled]:
    """Return what is in the database, which is what would be left if the process were killed now."""
    async with services.database.session() as session:
        return [each for each in await totals(session) if each.sample == metric.name]


def in_memory(services: Services, metric: Metric) -> dict[str, float]:
    """Return what the process has counted by the values of the only label."""
    found = services.counting.samples().items()
    return {labels.split('"')[3]: value for (sample, labels), value in found if sample == f"{metric.name}_count"}


async def test_verdicts_are_counted_by_kind_and_station(composed: Composed) -> None:
    services = composed()
    await published(services.database)
    batch_id, ids = await batch_of(services, 3, recipe=RECIPE)
    await inspect_batch(services, batch_id)
    (found,) = await counted(services, metrics.VERDICTS)
    assert (found.value, set(found.labels)) == (3, {"verdict", "station"})
    assert UUID(found.labels["station"])
    assert len(ids) == 3


async def test_verdicts_that_are_not_written_are_not_counted(composed: Composed) -> None:
    services = composed()
    batch_id, _ = await batch_of(services, 2)
    assert verdict_counts([]) == {}
    async with services.database.unit_of_work() as work:
        await work.figures.count(services.counting.process_id, {one(metrics.VERDICTS, verdict="pass", station=""): 7})
    assert await counted(services, metrics.VERDICTS) == [], "it was not committed"
    await inspect_batch(services, batch_id)
    await inspect_batch(services, batch_id)
    assert sum(each.value for each in await counted(services, metrics.VERDICTS)) == 2


async def test_stages_are_counted_once_they_are_written(composed: Composed) -> None:
    services = composed()
    batch_id, _ = await batch_of(services, 2)
    assert in_memory(services, metrics.STAGE_SECONDS) == {}
    await inspect_batch(services, batch_id)
    assert in_memory(services, metrics.STAGE_SECONDS)["decode"] == 2


async def test_what_fails_is_counted_as_tried_again_and_at_last_as_failed(composed: Composed) -> None:
    services = composed(Fails(ReaderFailed("no")), max_attempts=3)
    batch_id: UUID | None = (await batch_of(services))[0]
    for tried_again in (1, 2, 2):
        assert batch_id is not None
        await inspect_batch(services, batch_id)
        assert [each.value for each in await counted(services, metrics.RETRIES)] == [tried_again]
        await rested(services)
        batch_id = await next_batch(services)
    (failed,) = await counted(services, metrics.FAILURES)
    assert (failed.labels, failed.value) == ({"code": "ENGINE_FAILED"}, 1)
    assert await counted(services, metrics.VERDICTS) == []


async def test_what_a_worker_loses_is_counted(composed: Composed) -> None:
    services = composed(max_attempts=1)
    batch_id, _ = await batch_of(services, 2)

    lost = Claimed(services, Lease(services.database.ids(), 60.0, "lost"))
    await lost.claim(lambda work, lease: work.outbox.claim(batch_id, lease))
    await run_out(services)
    assert await requeue_expired(services) == 2
    assert [each.value for each in await counted(services, metrics.LOST)] == [2]
    (failed,) = await counted(services, metrics.FAILURES)
    assert (failed.labels, failed.value) == ({"code": "WORKER_LOST"}, 2)


async def test_nothing_lost_counts_nothing(composed: Composed) -> None:
    services = composed()
    await batch_of(services)
    assert await requeue_expired(services) == 0
    assert await counted(services, metrics.LOST) == []


async def test_the_relay_counts_its_batches(composed: Composed) -> None:
    services = composed()
    await take_in(services, 3)
    await Relay(services).turn()
    batches = services.counting.samples()[one(metrics.BATCHES)]
    assert batches >= 1


async def test_reads_and_writes_of_a_part_are_counted(composed: Composed) -> None:
    services = composed()
    batch_id, _ = await batch_of(services, 2, priority=Priority.BATCH)
    await inspect_batch(services, batch_id)
    found = in_memory(services, metrics.STORE_SECONDS)
    assert found["write"] >= 2
    assert found["read"] >= 2


async def test_a_station_is_told_by_its_name(composed: Composed) -> None:
    services = composed()
    batch_id, _ = await batch_of(services)
    await inspect_batch(services, batch_id)

    async with services.database.session() as session:
        (named,) = with_places(await counted(services, metrics.VERDICTS), await stations(session, 10))
    assert set(named.labels) == {"verdict", "site", "line", "station"}
    assert all(named.labels.values())
