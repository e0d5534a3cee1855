"""Runs come to their end by what their rows say; cancelled, nothing of them comes any more; retried, they go on."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from core.errors import ReaderFailed
from core.ids import RANDOM_BYTES, uuid7
from data.errors import NotFound
from data.priorities import Priority
from data.repositories.outbox import Lease
from data.repositories.runs import NewRun, Runs
from tests.workers import run_probe
from tests.workers.conftest import Composed
from tests.workers.fakes import Fails, Waits
from tests.workers.queue_probe import results, states, take_in
from tests.workers.run_probe import files, inspect_everything, inspections, pictures, shown, stored_run, zipped
from tests.workers.test_outbox import lose
from workers import outbox, runs
from workers.composition import Services
from workers.inspecting import inspect_batch
from workers.opening import Opening, open_files
from workers.outbox import next_batch, requeue_expired
from workers.pulse import NoProcess


async def state_of(services: Services, run_id: UUID) -> str:
    return (await shown(services, run_id)).state


async def opened_run(services: Services, count: int = 2, **fields: Any) -> UUID:
    run_id = await stored_run(services, pictures(count), **fields)
    await open_files(services)
    return run_id


async def batched(services: Services) -> UUID:
    batch_id = await next_batch(services)
    assert batch_id is not None
    return batch_id


async def failed_run(composed: Composed, count: int = 2) -> tuple[Services, UUID]:
    """Return a run whose inspections have all failed."""
    services = composed(Fails(ReaderFailed("broken")), max_attempts=1)
    run_id = await opened_run(services, count)
    await inspect_everything(services)
    return services, run_id


async def test_a_run_goes_from_stored_to_done(composed: Composed) -> None:
    services = composed()
    run_id = await stored_run(services, pictures(2))
    seen = [await state_of(services, run_id)]
    await open_files(services)
    seen.append(await state_of(services, run_id))
    await inspect_everything(services)
    found = await shown(services, run_id)
    assert [*seen, found.state] == ["stored", "queued", "done"]
    assert (found.counts.judged, found.counts.waiting, found.finished_at is not None) == (2, 0, True)


async def test_a_run_runs_while_a_worker_has_begun(composed: Composed) -> None:
    reader = Waits()
    services = composed(reader)
    run_id = await opened_run(services, 1)
    task = asyncio.create_task(inspect_batch(services, await batched(services)))
    await asyncio.to_thread(reader.begun.wait, 60)
    assert await state_of(services, run_id) == "running"
    assert (await shown(services, run_id)).counts.running == 1
    reader.may_go_on.set()
    await task
    assert await state_of(services, run_id) == "done"


async def test_a_run_of_which_nothing_was_judged_has_failed(composed: Composed) -> None:
    services, run_id = await failed_run(composed)
    found = await shown(services, run_id)
    assert found.error is not None
    assert (found.state, found.error.code, found.counts.errors) == ("failed", "NOTHING_JUDGED", 2)


async def test_what_a_killed_worker_left_is_settled_by_the_sweep(composed: Composed) -> None:
    """The last inspection ended by being given up: no worker was there to notice."""
    services = composed(max_attempts=1)
    run_id = await opened_run(services, 1)
    await lose(services, await batched(services))
    await requeue_expired(services)
    assert await runs.settle(services) == 1
    assert await state_of(services, run_id) == "failed"
    assert await runs.settle(services) == 0


async def test_settling_leaves_what_is_not_over(services: Services) -> None:
    run_id = await opened_run(services)
    assert await runs.settle(services) == 0
    assert await runs.settle(services, [run_id]) == 0
    assert await state_of(services, run_id) == "queued"


async def test_a_queued_run_is_cancelled_whole(composed: Composed) -> None:
    services = composed()
    run_id, other = await opened_run(services), await opened_run(services)
    assert await runs.cancel(services, run_id)
    assert {each.state for each in await inspections(services, run_id)} == {"cancelled"}
    assert {row.run_id for row in await run_probe.outbox(services)} == {other}
    await inspect_everything(services)
    assert [await state_of(services, run_id), await state_of(services, other)] == ["cancelled", "done"]
    assert len(await results(services)) == 2


@pytest.mark.parametrize("state", ["pending", "stored"])
async def test_a_run_whose_files_are_not_opened_is_cancelled_with_them(services: Services, state: str) -> None:
    run_id = await stored_run(services, pictures(2))
    async with services.database.unit_of_work() as work:
        await work.session.execute(text("UPDATE runs SET state = :state"), {"state": state})
        await work.commit()
    assert await runs.cancel(services, run_id)
    assert {each.state for each in await files(services, run_id)} == {"cancelled"}
    assert await open_files(services) == 0


async def test_an_opening_under_way_is_refused_once_its_run_is_cancelled(services: Services) -> None:
    run_id = await stored_run(services, {"lot.zip": zipped(pictures(3)), **pictures(1)})
    late = Opening(services, "late", 60, NoProcess())
    claims = await late.claim()
    assert await runs.cancel(services, run_id)
    await late.open_all(claims)
    assert late.done == 0
    assert await inspections(services, run_id) == []


async def test_a_result_that_comes_after_its_run_was_cancelled_is_refused(composed: Composed) -> None:
    reader = Waits()
    services = composed(reader)
    run_id = await opened_run(services, 1)
    task = asyncio.create_task(inspect_batch(services, await batched(services)))
    await asyncio.to_thread(reader.begun.wait, 60)
    assert await runs.cancel(services, run_id)
    reader.may_go_on.set()
    outcome = await task
    assert len(outcome.refused) == 1
    assert await results(services) == set()
    assert await state_of(services, run_id) == "cancelled"


async def test_the_rest_of_a_cancelled_batch_is_not_begun(composed: Composed) -> None:
    reader = Waits()
    services = composed(reader, lease_s=0.6)
    run_id = await opened_run(services, 3)
    task = asyncio.create_task(inspect_batch(services, await batched(services)))
    await asyncio.to_thread(reader.begun.wait, 60)
    await runs.cancel(services, run_id)
    await asyncio.sleep(0.25)  # past a third of the lease: it is looked at before the next picture
    reader.may_go_on.set()
    assert len((await task).refused) == 3
    assert await results(services) == set()


async def test_results_that_a_cancelled_run_has_stay(composed: Composed) -> None:
    services = composed()
    run_id = await opened_run(services, 2)
    first = await next_batch(services, 1)
    assert first is not None
    await inspect_batch(services, first)
    await runs.cancel(services, run_id)
    found = await shown(services, run_id)
    assert (found.state, found.counts.judged, found.counts.cancelled) == ("cancelled", 1, 1)


async def test_what_has_ended_is_not_cancelled(composed: Composed) -> None:
    services = composed()
    run_id = await opened_run(services)
    await inspect_everything(services)
    assert not await runs.cancel(services, run_id)
    assert await state_of(services, run_id) == "done"


async def test_failed_inspections_of_a_run_are_tried_anew(composed: Composed) -> None:
    failing, run_id = await failed_run(composed)
    assert await runs.retry(failing, run_id) == 2
    assert await state_of(failing, run_id) == "queued"
    assert [row.attempts for row in await run_probe.outbox(failing)] == [0, 0]
    await inspect_everything(composed())
    found = await shown(failing, run_id)
    assert (found.state, found.error, found.counts.judged, found.counts.errors) == ("done", None, 2, 0)


async def test_one_inspection_tried_anew_takes_its_run_along(composed: Composed) -> None:
    failing, run_id = await failed_run(composed)
    (first, _) = await inspections(failing, run_id)
    assert await outbox.retry(failing, first.id)
    assert await state_of(failing, run_id) == "queued"
    await inspect_everything(composed())
    found = await shown(failing, run_id)
    assert (found.state, found.counts.judged, found.counts.errors) == ("done", 1, 1)


async def test_where_nothing_failed_there_is_nothing_to_retry(composed: Composed) -> None:
    services = composed()
    run_id = await opened_run(services)
    assert await runs.retry(services, run_id) == 0
    await inspect_everything(services)
    assert await runs.retry(services, run_id) == 0
    assert await state_of(services, run_id) == "done"


async def test_cancelled_is_cancelled(services: Services) -> None:
    run_id = await opened_run(services)
    await runs.cancel(services, run_id)
    assert await runs.retry(services, run_id) == 0
    assert not await runs.cancel(services, run_id)
    assert await state_of(services, run_id) == "cancelled"


async def test_what_failed_before_a_run_was_cancelled_is_not_tried_anew(composed: Composed) -> None:
    services = composed(Fails(ReaderFailed("broken")), max_attempts=1)
    run_id = await opened_run(services, 2)
    first = await next_batch(services, 1)
    assert first is not None
    (failed,) = (await inspect_batch(services, first)).failed
    assert await runs.cancel(services, run_id)
    assert await runs.retry(services, run_id) == 0
    assert not await outbox.retry(services, failed)
    assert await run_probe.outbox(services) == []
    assert await state_of(services, run_id) == "cancelled"


async def test_what_is_not_there_is_said(services: Services) -> None:
    for use_case in (runs.cancel, runs.retry):
        with pytest.raises(NotFound, match="There is no run"):
            await use_case(services, services.database.ids())


async def test_cancelling_and_writing_at_once_neither_lose_nor_double(composed: Composed) -> None:
    """Workers, a cancel and a sweep at the same moment, many times: each inspection ends once, and the run ends."""
    everyone = [composed() for _ in range(4)]
    for _ in range(12):
        run_id = await opened_run(everyone[0], 8)
        batches = [await next_batch(everyone[0], 4) for _ in range(2)]
        work = [inspect_batch(each, batch) for each, batch in zip(everyone, batches, strict=False) if batch]
        await asyncio.gather(*work, runs.cancel(everyone[2], run_id), runs.settle(everyone[3]))
        found = await shown(everyone[0], run_id)
        assert found.state in {"cancelled", "done"}
        assert found.counts.judged + found.counts.cancelled == 8
        assert (found.state == "done") <= (found.counts.cancelled == 0)
        assert await run_probe.outbox(everyone[0]) == []


async def test_cancelling_while_an_archive_is_opened_leaves_nothing_behind(composed: Composed) -> None:
    everyone = [composed() for _ in range(3)]
    for _ in range(6):
        run_id = await stored_run(everyone[0], {"lot.zip": zipped(pictures(12)), **pictures(6)})
        await asyncio.gather(
            open_files(everyone[0]), open_files(everyone[1]), _soon(runs.cancel, everyone[2], run_id, seconds=0.05)
        )
        found = await shown(everyone[0], run_id)
        assert (found.state, found.counts.waiting, found.counts.files_waiting) == ("cancelled", 0, 0)
        assert found.counts.cancelled == found.counts.inspections
        assert await run_probe.outbox(everyone[0]) == []


async def _soon(use_case: Any, *arguments: Any, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await use_case(*arguments)


async def test_an_inspection_of_no_run_is_nothing_to_runs(composed: Composed) -> None:
    services = composed()
    await take_in(services, 2)
    await inspect_everything(services)
    assert await runs.settle(services) == 0
    assert await states(services) == {"done": 2}


async def test_a_released_inspection_counts_no_attempt(services: Services) -> None:
    await take_in(services, 2)
    batch_id = await batched(services)
    lease = Lease(services.database.ids(), 60)
    async with services.database.unit_of_work() as work:
        claims = await work.outbox.claim(batch_id, lease)
        released = await work.outbox.release(lease.token, [claim.inspection_id for claim in claims[:1]])
        assert released == {claims[0].inspection_id}
        await work.commit()
    rows = {row.inspection_id: row for row in await run_probe.outbox(services)}
    assert (rows[claims[0].inspection_id].attempts, rows[claims[0].inspection_id].batch_id) == (0, None)
    assert rows[claims[1].inspection_id].attempts == 1


async def test_an_upload_that_was_begun_and_left_is_given_up(composed: Composed) -> None:
    services = composed(upload_kept_s=3600)
    run_id = await begun(services)
    assert await runs.give_up_abandoned(services) == 0
    await touch(services, run_id, hours_ago=2)
    await services.database.close()
    assert await runs.give_up_abandoned(services) == 0, "the run itself is young"
    aged = await begun(services, days_ago=3)
    await touch(services, aged, hours_ago=2)
    assert await runs.give_up_abandoned(services, lambda run_id, _: run_id != aged) == 0
    assert await runs.give_up_abandoned(services) == 1
    found = await shown(services, aged)
    assert found.error is not None
    assert (found.state, found.error.code) == ("failed", "UPLOAD_ABANDONED")
    assert {file.state for file in await files(services, aged)} == {"cancelled"}
    assert await state_of(services, run_id) == "pending"


async def test_an_upload_to_which_something_came_is_not_given_up(composed: Composed) -> None:
    services = composed(upload_kept_s=3600)
    run_id = await begun(services, days_ago=3)
    assert await runs.give_up_abandoned(services) == 0
    assert await state_of(services, run_id) == "pending"


async def test_incoming_files_that_no_row_waits_for_are_removed(composed: Composed) -> None:
    services = composed(upload_kept_s=3600)
    run_id = await begun(services)
    (waited_for,) = await files(services, run_id)
    stray = services.database.ids()
    then = time.time() - 7200
    for file_id in (stray, waited_for.id):
        path = services.incoming.path(file_id)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"some")
        os.utime(path, (then, then))
    await runs.give_up_abandoned(services)
    assert {entry.file_id for entry in await services.incoming.entries()} & {stray, waited_for.id} == {waited_for.id}
    await services.incoming.remove(waited_for.id)


async def begun(services: Services, *, days_ago: int = 0) -> UUID:
    """Return a pending run of one file that is still to come."""
    made = uuid7(int((time.time() - days_ago * 86_400) * 1000), os.urandom(RANDOM_BYTES))
    async with services.database.unit_of_work() as work:
        new = NewRun("test", await work.plant.station_id(None), Priority.BATCH)
        run_id = await Runs(work.session, lambda: made).create(new)
        await work.runs.add_file(run_id, "a.png")
        await work.commit()
    return run_id


async def touch(services: Services, run_id: UUID, *, hours_ago: int) -> None:
    async with services.database.unit_of_work() as work:
        then = text("UPDATE run_files SET touched_at = now() - make_interval(hours => :hours) WHERE run_id = :run_id")
        await work.session.execute(then, {"hours": hours_ago, "run_id": run_id})
        await work.commit()
