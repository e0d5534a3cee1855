"""Each inspection is judged once, by whoever holds its lease; what fails is tried again and then kept as failed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import cv2
import numpy as np
import pytest
from sqlalchemy import select, text, update

from core.engines import Clock
from core.errors import ReaderFailed
from core.evidence import digest
from core.frame import Frame
from core.reading import MarkReading
from data import embedded_urls
from data.channels import RESULTS
from data.priorities import Priority
from data.queries import inspections
from data.queries.inspection_view import InspectionDetail
from data.tables import OutboxItem, Result
from data.urls import app_url
from tests.data.rows import published, recipe, result
from tests.workers.conftest import Composed, GatedDatabase
from tests.workers.fakes import Dim, Fails, Reads, Waits, mark
from tests.workers.queue_probe import picture, states, waiting
from workers.composition import Services
from workers.inspecting import (
    FIRST_REST_S,
    MOST_REST_S,
    OVERTAKING,
    Outcome,
    _Batch,
    inspect_batch,
    inspect_urgent,
    rest_s,
)
from workers.intake import Particulars, accept
from workers.outbox import next_batch, requeue_expired
from workers.pulse import NoProcess

RECIPE = "74LS00 DIP-14"


async def batch_of(services: Services, count: int = 1, **told: Any) -> tuple[UUID, list[UUID]]:
    """Return a batch and the inspections in it."""
    ids = [await accept(services, picture(), Particulars(**told)) for _ in range(count)]
    batch_id = await next_batch(services)
    assert batch_id is not None
    return batch_id, ids


async def detail(services: Services, id_: UUID) -> InspectionDetail:
    async with services.database.session() as session:
        return await inspections.detail(session, id_)


async def rested(services: Services) -> None:
    """Let everything that rests have rested."""
    async with services.database.unit_of_work() as work:
        await work.session.execute(update(OutboxItem).values(available_at=text("now() - interval '1 second'")))
        await work.commit()


async def run_out(services: Services) -> None:
    """Let every lease have ended a minute ago."""
    async with services.database.unit_of_work() as work:
        leased = update(OutboxItem).where(OutboxItem.lease_token.is_not(None))
        await work.session.execute(leased.values(lease_until=text("now() - interval '1 minute'")))
        await work.commit()


async def test_a_batch_is_judged(composed: Composed) -> None:
    services = composed()
    version = await published(services.database)
    batch_id, ids = await batch_of(services, 3, recipe=RECIPE)
    assert await inspect_batch(services, batch_id) == Outcome(judged=set(ids))
    assert await states(services) == {"done": 3}
    assert await waiting(services) == 0
    found = await detail(services, ids[0])
    assert found.summary.verdict is not None
    assert found.summary.recipe is not None
    assert found.summary.recipe.version_id == version.version_id
    assert found.signal_version is not None
    assert found.signal_version.startswith("ppocr:fake")


async def test_the_evidence_is_kept_to_the_byte(composed: Composed) -> None:
    services = composed()
    await published(services.database)
    batch_id, [id_] = await batch_of(services, recipe=RECIPE)
    await inspect_batch(services, batch_id)
    found = await detail(services, id_)
    assert found.evidence is not None
    assert digest(found.evidence) == found.digest
    assert set(found.evidence["seconds"]) >= {"decode", "verify"}
    [line] = found.evidence["lines"]
    assert line["text"] == "SN74LS00N"
    assert line["characters"][0]["top"] == [["S", -0.001]]
    assert found.evidence["images"] == [found.summary.image.address]


async def test_scores_lie_in_columns_as_in_the_evidence(composed: Composed) -> None:
    services = composed()
    await published(services.database)
    batch_id, [id_] = await batch_of(services, recipe=RECIPE)
    await inspect_batch(services, batch_id)
    async with services.database.session() as session:
        row = await session.get_one(Result, id_)
    told = row.evidence
    assert (row.verdict, row.score, row.facts, row.variant) == (
        told["verdict"], told["score"], told["facts"], told["variant"]
    )  # fmt: skip
    assert (row.ocr_score, row.ocr_margin) == (told["signals"]["ocr"]["score"], told["signals"]["ocr"]["margin"])
    assert (row.ocr_legible, row.logo_score, row.attempts) == (told["legible"], -1, 1)
    assert row.reasons == [reason["code"] for reason in told["reasons"]]


async def test_the_recipes_policy_disposes(composed: Composed) -> None:
    services = composed(Reads("LM358N"))
    await published(services.database, recipe(disposition={"fail": "rejected", "borderline": "quarantine"}))
    batch_id, [id_] = await batch_of(services, recipe=RECIPE)
    await inspect_batch(services, batch_id)
    found = (await detail(services, id_)).summary
    assert found.verdict in {"fail", "borderline"}
    assert found.disposition == {"fail": "rejected", "borderline": "quarantine"}[found.verdict]


async def test_without_a_recipe_the_mark_is_read_and_not_judged(composed: Composed) -> None:
    services = composed()
    batch_id, [id_] = await batch_of(services)
    await inspect_batch(services, batch_id)
    found = (await detail(services, id_)).summary
    assert (found.state, found.verdict, found.disposition) == ("done", "not_judged", "pending")
    assert found.reasons[0]["code"] == "NO_RECIPE"


async def test_the_version_that_was_in_force_at_intake_judges(composed: Composed) -> None:
    services = composed()
    first = await published(services.database)
    batch_id, [id_] = await batch_of(services, recipe=RECIPE)
    async with services.database.unit_of_work() as work:
        await work.recipes.begin_draft(first.recipe_id, recipe(manufacturer="later"))
        await work.recipes.publish(first.recipe_id, revision=1, comment="")
        await work.commit()
    await inspect_batch(services, batch_id)
    async with services.database.session() as session:
        assert await session.scalar(select(Result.recipe_version_id)) == first.version_id
    assert (await detail(services, id_)).summary.state == "done"


async def test_a_batch_that_comes_twice_is_done_once(composed: Composed) -> None:
    services = composed()
    batch_id, ids = await batch_of(services, 2)
    assert (await inspect_batch(services, batch_id)).judged == set(ids)
    assert await inspect_batch(services, batch_id) == Outcome()
    assert await inspect_batch(services, services.database.ids()) == Outcome()


async def test_workers_on_one_batch_share_it(composed: Composed) -> None:
    first, second = composed(), composed()
    batch_id, ids = await batch_of(first, 8)
    outcomes = await asyncio.gather(inspect_batch(first, batch_id), inspect_batch(second, batch_id))
    assert outcomes[0].judged | outcomes[1].judged == set(ids)
    assert outcomes[0].judged & outcomes[1].judged == set()


async def test_a_frozen_workers_late_result_is_refused(composed: Composed) -> None:
    """It wakes after its lease was given to another, who has judged meanwhile."""
    reader = Waits()
    frozen, other = composed(reader), composed(Reads("LM358N"))
    batch_id, [id_] = await batch_of(frozen)
    task = asyncio.create_task(inspect_batch(frozen, batch_id))
    assert await asyncio.to_thread(reader.begun.wait, 60)
    await run_out(frozen)
    assert await requeue_expired(other) == 1
    again = await next_batch(other)
    assert again is not None
    assert (await inspect_batch(other, again)).judged == {id_}
    reader.may_go_on.set()
    assert await task == Outcome(refused={id_})
    found = await detail(other, id_)
    assert found.evidence is not None
    assert [line["text"] for line in found.evidence["lines"]] == ["LM358N"]


async def test_a_lease_that_ran_out_is_refused_though_nobody_else_has_it(composed: Composed) -> None:
    reader = Waits()
    services = composed(reader)
    batch_id, [id_] = await batch_of(services)
    task = asyncio.create_task(inspect_batch(services, batch_id))
    assert await asyncio.to_thread(reader.begun.wait, 60)
    await run_out(services)
    reader.may_go_on.set()
    assert await task == Outcome(refused={id_})
    assert await waiting(services) == 1, "and it waits on"


async def test_what_is_not_held_any_more_is_not_even_begun(composed: Composed) -> None:
    services = composed(lease_s=0.000001)
    batch_id, ids = await batch_of(services, 2)
    assert (await inspect_batch(services, batch_id)).refused == set(ids)
    assert await states(services) == {"running": 2}


async def test_a_failed_picture_rests_and_is_judged_later(composed: Composed) -> None:
    services = composed(Fails(ReaderFailed("dim lamp"), times=1))
    batch_id, [id_] = await batch_of(services)
    assert await inspect_batch(services, batch_id) == Outcome(put_back={id_})
    assert await states(services) == {"received": 1}
    assert await next_batch(services) is None, "it rests"
    await rested(services)
    again = await next_batch(services)
    assert again is not None
    assert (await inspect_batch(services, again)).judged == {id_}
    async with services.database.session() as session:
        assert await session.scalar(select(Result.attempts)) == 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(ReaderFailed("dim lamp"), "The reader failed: dim lamp.", id="a failure the reader knows"),
        pytest.param(ZeroDivisionError("by zero"), "ZeroDivisionError: by zero", id="one that nobody foresaw"),
        pytest.param(MemoryError("too large"), "MemoryError: too large", id="out of memory"),
    ],
)
async def test_what_always_fails_is_kept_as_failed_with_its_reason(
    composed: Composed, error: Exception, words: str
) -> None:
    services = composed(Fails(error), max_attempts=2)
    batch_id, [id_] = await batch_of(services)
    assert (await inspect_batch(services, batch_id)).put_back == {id_}
    await rested(services)
    again = await next_batch(services)
    assert again is not None
    assert (await inspect_batch(services, again)).failed == {id_}
    found = await detail(services, id_)
    assert (found.summary.state, found.summary.verdict) == ("failed", "not_judged")
    assert found.summary.reasons == ({"code": "ENGINE_FAILED", "words": words},)
    assert found.evidence is None, "no result, so that a retry may write one"
    assert await waiting(services) == 0


async def test_a_poisoned_picture_fails_alone(composed: Composed) -> None:
    services = composed(Dim(), max_attempts=1)
    dark = cv2.imencode(".png", np.zeros((32, 32, 3), np.uint8))[1].tobytes()
    poisoned = await accept(services, dark)
    batch_id, ids = await batch_of(services, 3)
    assert await inspect_batch(services, batch_id) == Outcome(judged=set(ids), failed={poisoned})


async def test_a_lease_stands_through_both_steps_of_a_picture_however_slow(composed: Composed) -> None:
    reader = Waits()
    services = composed(reader)
    batch_id, [id_] = await batch_of(services)
    batch = _Batch(services, "test", NoProcess())
    claims = await batch.claimed.claim(lambda work, lease: work.outbox.claim(batch_id, lease))
    services.store = Slow(services, batch)  # type: ignore[assignment]
    judging = asyncio.create_task(batch.inspect_all(claims))
    await asyncio.to_thread(reader.begun.wait)
    await asyncio.sleep(0.6)
    reader.may_go_on.set()
    await judging
    assert batch.outcome == Outcome(judged={id_})


class Slow:
    """A store that takes so long that the lease is all but over."""

    def __init__(self, services: Services, batch: _Batch) -> None:
        self._well, self._services, self._batch = services.store, services, batch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._well, name)

    async def get(self, address: str) -> bytes:
        self._batch.claimed._renewed -= 0.9 * self._services.settings.lease_s
        async with self._services.database.unit_of_work() as work:
            await work.session.execute(update(OutboxItem).values(lease_until=text("now() + interval '0.5 second'")))
            await work.commit()
        return await self._well.get(address)


@pytest.mark.parametrize("most", [1, 2])
async def test_a_verdict_that_cannot_be_written_fails_alone(composed: Composed, most: int) -> None:
    services = composed(Unwritable(), max_attempts=most)
    dark = cv2.imencode(".png", np.zeros((32, 32, 3), np.uint8))[1].tobytes()
    before = await accept(services, picture())
    poisoned = await accept(services, dark)
    batch_id, ids = await batch_of(services, 3)
    became = {"failed" if most == 1 else "put_back": {poisoned}}
    assert await inspect_batch(services, batch_id) == Outcome(judged={before, *ids}, **became)


class Unwritable(Dim):
    """Reads from dark pictures what no database keeps."""

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        return mark("a\0") if not frame.pixels[0, 0].any() else mark("SN74LS00N")


async def test_a_recipe_that_cannot_be_used_is_not_tried_again(composed: Composed) -> None:
    services = composed()
    await published(services.database)
    batch_id, [id_] = await batch_of(services, recipe=RECIPE)
    superuser = await asyncpg.connect(embedded_urls.postgres_url(services.settings.home, embedded_urls.SUPERUSER))
    await superuser.execute("SET session_replication_role = replica")
    await superuser.execute("""UPDATE recipe_versions SET document = '{"schema": 99}'""")
    await superuser.close()
    assert (await inspect_batch(services, batch_id)).failed == {id_}
    found = (await detail(services, id_)).summary
    assert found.error is not None
    assert found.error.code == "RECIPE_INVALID"


async def test_a_picture_that_is_gone_is_said_to_be(composed: Composed) -> None:
    services = composed(max_attempts=1)
    batch_id, [id_] = await batch_of(services)
    await services.store.delete((await detail(services, id_)).summary.image.address)
    assert (await inspect_batch(services, batch_id)).failed == {id_}
    found = (await detail(services, id_)).summary
    assert found.error is not None
    assert found.error.code == "STORE_FAILED"
    assert "There is no picture" in found.error.detail


async def test_a_picture_that_breaks_todays_rules_is_not_judged(composed: Composed) -> None:
    services = composed()
    batch_id, [id_] = await batch_of(services)
    stricter = composed(min_image_side_px=1000)
    assert (await inspect_batch(stricter, batch_id)).judged == {id_}
    found = (await detail(services, id_)).summary
    assert (found.state, found.verdict, found.reasons[0]["code"]) == ("done", "not_judged", "IMAGE_UNUSABLE")


async def test_a_result_that_is_there_stays(composed: Composed) -> None:
    services = composed()
    batch_id, [id_] = await batch_of(services)
    async with services.database.unit_of_work() as work:
        await work.verdicts.keep([result(id_, "fail")])
        await work.commit()
    await inspect_batch(services, batch_id)
    assert (await detail(services, id_)).summary.verdict == "fail"
    assert await waiting(services) == 0


class OnceUrgent(NoProcess):
    """A process that is told, when it is asked for the second time, that something urgent has come."""

    def __init__(self) -> None:
        self.asked = 0

    def urgent_beyond(self, priority: int) -> bool:
        self.asked += 1
        return self.asked == 2


class NeverUrgent(NoProcess):
    """A process that is told of nothing urgent."""

    def urgent_beyond(self, priority: int) -> bool:
        return False


async def done_in_order(services: Services) -> list[UUID]:
    async with services.database.session() as session:
        return list(await session.scalars(select(Result.inspection_id).order_by(Result.judged_at)))


async def test_what_somebody_waits_for_goes_between_two_pictures_of_a_batch(composed: Composed) -> None:
    services = composed()
    batch_id, ids = await batch_of(services, 3)
    urgent = await accept(services, picture(), Particulars(priority=Priority.WAITING))
    process = OnceUrgent()
    outcome = await inspect_batch(services, batch_id, pulse=process)
    assert outcome == Outcome(judged={*ids, urgent})
    assert process.asked == 3
    assert (await done_in_order(services))[0] == urgent, "the batch's own verdicts are written later"
    assert await waiting(services) == 0


async def test_nothing_overtakes_where_nothing_is_urgent(composed: Composed) -> None:
    services = composed()
    batch_id, ids = await batch_of(services, 2)
    await accept(services, picture(), Particulars(priority=Priority.WAITING))
    assert await inspect_batch(services, batch_id, pulse=NeverUrgent()) == Outcome(judged=set(ids))
    assert await waiting(services) == 1


async def test_all_that_somebody_waits_for_is_inspected_however_much_it_is(composed: Composed) -> None:
    services = composed()
    ids = {await accept(services, picture(), Particulars(priority=Priority.WAITING)) for _ in range(OVERTAKING + 2)}
    later = await accept(services, picture())
    assert await inspect_urgent(services, than=Priority.LIVE) == Outcome(judged=ids)
    assert await states(services) == {"done": OVERTAKING + 2, "received": 1}
    assert later not in await done_in_order(services)


async def test_what_is_urgent_and_fails_rests_and_is_tried_again(composed: Composed) -> None:
    services = composed(Fails(ReaderFailed("dark"), 1))
    id_ = await accept(services, picture(), Particulars(priority=Priority.WAITING))
    assert await inspect_urgent(services, than=Priority.LIVE) == Outcome(put_back={id_})
    await rested(services)
    batch_id = await next_batch(services)
    assert batch_id is not None
    assert await inspect_batch(services, batch_id) == Outcome(judged={id_})


@pytest.fixture
async def heard(services: Services) -> AsyncIterator[asyncio.Queue[dict[str, str]]]:
    """What is told of results."""
    told: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    connection = await asyncpg.connect(app_url(services.settings))
    await connection.add_listener(RESULTS, lambda *heard: told.put_nowait(json.loads(heard[3])))
    yield told
    await connection.close()


async def test_every_result_is_told(composed: Composed, heard: asyncio.Queue[dict[str, str]]) -> None:
    services = composed()
    batch_id, ids = await batch_of(services, 3)
    await inspect_batch(services, batch_id)
    async with asyncio.timeout(10):
        told = [await heard.get() for _ in ids]
    assert told == [{"inspection_id": str(id_), "verdict": "not_judged"} for id_ in ids]


async def test_a_failure_is_told_too(composed: Composed, heard: asyncio.Queue[dict[str, str]]) -> None:
    services = composed(Fails(ReaderFailed("dim lamp")), max_attempts=1)
    batch_id, [id_] = await batch_of(services)
    await inspect_batch(services, batch_id)
    async with asyncio.timeout(10):
        assert await heard.get() == {"inspection_id": str(id_), "verdict": "not_judged"}


async def test_a_connection_that_breaks_while_a_picture_is_read_costs_nothing(composed: Composed) -> None:
    reader = Waits()
    services = composed(reader)
    batch_id, [id_] = await batch_of(services)
    task = asyncio.create_task(inspect_batch(services, batch_id))
    assert await asyncio.to_thread(reader.begun.wait, 60)
    superuser = await asyncpg.connect(embedded_urls.postgres_url(services.settings.home, embedded_urls.SUPERUSER))
    await superuser.execute(
        "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE usename = $1", embedded_urls.APP_ROLE
    )
    await superuser.close()
    reader.may_go_on.set()
    assert (await task).judged == {id_}


async def test_a_lease_is_renewed_though_the_database_is_away_for_a_while(
    composed: Composed, gated_database: GatedDatabase
) -> None:
    gate, gated = gated_database.gate, composed(database_url=gated_database.url)
    await gate.open()
    batch_id, [id_] = await batch_of(composed())
    batch = _Batch(gated, "test", NoProcess())
    claims = await batch.claimed.claim(lambda work, lease: work.outbox.claim(batch_id, lease))
    batch.claimed._renewed -= 0.7 * gated.settings.lease_s
    await gate.close()
    judging = asyncio.create_task(batch.inspect_all(claims))
    await asyncio.sleep(0.1)
    await gate.open()
    async with asyncio.timeout(30):
        await judging
    assert batch.outcome.judged == {id_}


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, FIRST_REST_S), (2, 4 * FIRST_REST_S), (3, 16 * FIRST_REST_S), (9, MOST_REST_S)]
)
def test_rests_grow_up_to_a_bound(attempts: int, seconds: float) -> None:
    assert rest_s(attempts) == seconds


async def test_a_verdict_is_of_the_day_of_the_picture(composed: Composed) -> None:
    """A date code that lies ahead of the picture's day fails it, however late it is judged."""
    services = composed(Reads("SN74LS00N", "2510"))
    lines = [{"text": "SN74LS00N", "required": True}, {"text": "{YYWW}", "required": True}]
    await published(services.database, recipe(variants=[{"name": "standard", "lines": lines}]))
    moments = [datetime(2024, 6, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)]
    ids = [await accept(services, picture(), Particulars(recipe=RECIPE, captured_at=moment)) for moment in moments]
    batch_id = await next_batch(services)
    assert batch_id is not None
    await inspect_batch(services, batch_id)
    reasons = [{reason["code"] for reason in (await detail(services, id_)).summary.reasons} for id_ in ids]
    assert ["DATE_IN_FUTURE" in codes for codes in reasons] == [True, False]
