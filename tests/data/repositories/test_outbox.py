"""The queue's rules, against the real database: nobody gets what another holds, and nothing late is taken."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from data.database import Database
from data.priorities import Priority
from data.repositories.outbox import Claim, Lease
from data.tables import OutboxItem
from tests.data.rows import LEASE_S, batched, claimed, result, waiting


async def batch(database: Database, limit: int = 100) -> list[UUID]:
    async with database.unit_of_work() as work:
        chosen = await work.outbox.batch(work.new_id(), limit)
        await work.commit()
    return chosen


async def item(database: Database, id_: UUID) -> OutboxItem | None:
    async with database.session() as session:
        return await session.get(OutboxItem, id_)


async def run_out(database: Database, lease: Lease) -> None:
    """Let a lease have ended a minute ago."""
    async with database.unit_of_work() as work:
        ended = update(OutboxItem).where(OutboxItem.lease_token == lease.token)
        await work.session.execute(ended.values(lease_until=text("now() - interval '1 minute'")))
        await work.commit()


async def take_expired(database: Database, unclaimed_s: float = 60) -> list[Claim]:
    async with database.unit_of_work() as work:
        back = await work.outbox.take_expired(unclaimed_s=unclaimed_s)
        await work.commit()
    return back


async def finish(database: Database, lease: Lease, ids: list[UUID]) -> set[UUID]:
    async with database.unit_of_work() as work:
        standing = await work.outbox.finish(lease.token, ids)
        await work.verdicts.keep([result(id_) for id_ in standing])
        await work.commit()
    return standing


async def test_the_oldest_are_batched_first(database: Database) -> None:
    ids = await waiting(database, 5)
    assert await batch(database, 3) == ids[:3]
    assert await batch(database, 3) == ids[3:]
    assert await batch(database, 3) == []


async def test_the_urgent_are_batched_before_the_old(database: Database) -> None:
    [old] = await waiting(database, priority=Priority.BATCH)
    [live] = await waiting(database, priority=Priority.LIVE)
    assert await batch(database) == [live, old]


async def urgent(database: Database, *, than: int = Priority.BATCH, limit: int = 100) -> list[UUID]:
    async with database.unit_of_work() as work:
        claims = await work.outbox.claim_urgent(Lease(work.new_id(), LEASE_S, "test"), than=than, limit=limit)
        await work.commit()
    return [claim.inspection_id for claim in claims]


async def test_what_somebody_waits_for_is_in_no_batch_and_claimed_at_once(database: Database) -> None:
    [waited_for] = await waiting(database, priority=Priority.WAITING)
    assert await batch(database) == []
    assert await urgent(database, than=Priority.WAITING) == []
    assert await urgent(database) == [waited_for]
    assert await urgent(database) == [], "somebody has begun it"


async def test_what_is_urgent_is_claimed_out_of_whatever_batch_it_lies_in_but_not_from_who_holds_it(
    database: Database,
) -> None:
    held = await batched(database, priority=Priority.LIVE)
    await claimed(database, held)
    [old] = await waiting(database, priority=Priority.BATCH)
    [live] = await waiting(database, priority=Priority.LIVE)
    in_batch = await batched(database, 0)
    assert await urgent(database) == [live]
    _, ids = await claimed(database, in_batch)
    assert ids == [old]


async def test_what_was_claimed_before_overtakes_nobody_and_is_batched_alone(database: Database) -> None:
    [twice] = await waiting(database, priority=Priority.WAITING)
    await urgent(database)
    async with database.unit_of_work() as work:
        await work.session.execute(update(OutboxItem).values(lease_until=text("now() - interval '1 minute'")))
        await work.commit()
    assert [claim.inspection_id for claim in await take_expired(database)] == [twice]
    await waiting(database, priority=Priority.BATCH)
    assert await urgent(database) == []
    assert await batch(database) == [twice]


async def test_two_who_claim_what_is_urgent_never_get_one_row(database: Database) -> None:
    ids = await waiting(database, 9, priority=Priority.WAITING)
    got = await asyncio.gather(*(urgent(database, limit=4) for _ in range(3)))
    assert sorted(id_ for each in got for id_ in each) == sorted({id_ for each in got for id_ in each})
    assert sorted({id_ for each in got for id_ in each} | set(await urgent(database))) == ids


@pytest.mark.parametrize("plan", ["nestloop", "hashjoin", "mergejoin"])
async def test_no_plan_takes_more_than_the_limit(database: Database, plan: str) -> None:
    """PostgreSQL may run a subquery once for every row; it does so where it takes the table for tiny."""
    ids = await waiting(database, 6, priority=Priority.WAITING)
    async with database.unit_of_work() as work:
        for method in {"nestloop", "hashjoin", "mergejoin", "hashagg", "sort", "material"} - {plan}:
            await work.session.execute(text(f"SET LOCAL enable_{method} = off"))
        claims = await work.outbox.claim_urgent(Lease(work.new_id(), LEASE_S, "test"), than=Priority.BATCH, limit=2)
        await work.commit()
    assert [claim.inspection_id for claim in claims] == ids[:2]


async def test_what_rests_is_not_batched(database: Database) -> None:
    await waiting(database, 2)
    async with database.unit_of_work() as work:
        await work.session.execute(update(OutboxItem).values(available_at=text("now() + interval '1 hour'")))
        await work.commit()
    assert await batch(database) == []


async def test_relays_at_work_together_never_share_a_row(database: Database) -> None:
    ids = await waiting(database, 40)
    batches = await asyncio.gather(*(batch(database, 7) for _ in range(10)))
    taken = [id_ for chosen in batches for id_ in chosen]
    assert len(taken) == len(set(taken))
    taken += await batch(database)
    assert set(taken) == set(ids)


async def test_what_was_claimed_before_is_batched_alone(database: Database) -> None:
    first, second, third = await waiting(database, 3)
    async with database.unit_of_work() as work:
        await work.session.execute(update(OutboxItem).where(OutboxItem.inspection_id == first).values(attempts=1))
        await work.commit()
    assert await batch(database) == [first]
    assert await batch(database) == [second, third]


async def test_a_young_batch_takes_no_row_that_was_claimed_before(database: Database) -> None:
    first, second, third = await waiting(database, 3)
    async with database.unit_of_work() as work:
        await work.session.execute(update(OutboxItem).where(OutboxItem.inspection_id == second).values(attempts=1))
        await work.commit()
    assert await batch(database) == [first, third]
    assert await batch(database) == [second]


async def test_a_claim_counts_an_attempt_and_names_its_holder(database: Database) -> None:
    lease, [id_] = await claimed(database, await batched(database))
    held = await item(database, id_)
    assert held is not None
    assert (held.attempts, held.leased_by, held.lease_token) == (1, "test", lease.token)


async def test_claims_come_in_order_of_urgency(database: Database) -> None:
    [late] = await waiting(database, priority=Priority.BATCH)
    [soon] = await waiting(database, priority=Priority.LIVE)
    _, ids = await claimed(database, await batched(database, 0))
    assert ids == [soon, late]


async def test_two_claimants_never_get_one_row(database: Database) -> None:
    batch_id = await batched(database, 50)
    claims = await asyncio.gather(*(claimed(database, batch_id) for _ in range(8)))
    taken = [id_ for _, ids in claims for id_ in ids]
    assert len(taken) == len(set(taken)) == 50


async def test_what_another_is_claiming_is_passed_over_without_waiting(database: Database) -> None:
    batch_id = await batched(database, 3)
    async with database.unit_of_work() as slow:
        first = await slow.outbox.claim(batch_id, Lease(database.ids(), LEASE_S))
        async with asyncio.timeout(10):
            _, second = await claimed(database, batch_id)
        await slow.commit()
    assert (len(first), second) == (3, [])


async def test_what_is_held_cannot_be_claimed_again(database: Database) -> None:
    batch_id = await batched(database)
    await claimed(database, batch_id)
    assert (await claimed(database, batch_id))[1] == []


async def test_a_batch_of_another_id_is_nobodys(database: Database) -> None:
    await batched(database)
    assert (await claimed(database, database.ids()))[1] == []


async def test_finishing_takes_the_row_off_the_queue(database: Database) -> None:
    lease, ids = await claimed(database, await batched(database, 2))
    assert await finish(database, lease, ids) == set(ids)
    assert await item(database, ids[0]) is None
    assert await finish(database, lease, ids) == set(), "and only once"


async def test_another_token_finishes_nothing(database: Database) -> None:
    _, ids = await claimed(database, await batched(database))
    assert await finish(database, Lease(database.ids(), LEASE_S), ids) == set()


async def test_a_lease_that_ran_out_finishes_nothing(database: Database) -> None:
    lease, ids = await claimed(database, await batched(database))
    await run_out(database, lease)
    assert await finish(database, lease, ids) == set()
    assert await item(database, ids[0]) is not None


async def test_what_was_given_to_another_is_his_alone(database: Database) -> None:
    first, ids = await claimed(database, await batched(database))
    await run_out(database, first)
    assert [claim.inspection_id for claim in await take_expired(database)] == ids
    second, again = await claimed(database, await batched(database, 0))
    assert again == ids
    assert await finish(database, first, ids) == set()
    assert await finish(database, second, ids) == set(ids)


async def test_a_lease_is_renewed_while_it_stands(database: Database) -> None:
    lease, ids = await claimed(database, await batched(database, 2), seconds=5)
    before = await item(database, ids[0])
    async with database.unit_of_work() as work:
        assert await work.outbox.renew(Lease(lease.token, 500)) == set(ids)
        await work.commit()
    after = await item(database, ids[0])
    assert before is not None
    assert before.lease_until is not None
    assert after is not None
    assert after.lease_until is not None
    assert (after.lease_until - before.lease_until).total_seconds() > 400


async def test_a_lease_that_ran_out_is_not_renewed(database: Database) -> None:
    lease, _ = await claimed(database, await batched(database))
    await run_out(database, lease)
    async with database.unit_of_work() as work:
        assert await work.outbox.renew(lease) == set()


async def test_what_is_put_back_rests_and_says_why(database: Database) -> None:
    lease, [id_] = await claimed(database, await batched(database))
    async with database.unit_of_work() as work:
        assert await work.outbox.put_back(lease.token, id_, rest_s=30, error="dim lamp")
        assert not await work.outbox.put_back(lease.token, id_, rest_s=30, error="twice")
        await work.commit()
    back = await item(database, id_)
    assert back is not None
    assert (back.batch_id, back.lease_token, back.leased_by, back.last_error) == (None, None, None, "dim lamp")
    assert await batch(database) == [], "it rests"


async def test_unclaimed_rows_of_a_batch_go_back_and_claimed_ones_stay(database: Database) -> None:
    batch_id = await batched(database, 3)
    async with database.unit_of_work() as work:
        items = await work.session.scalars(select(OutboxItem.inspection_id).order_by(OutboxItem.inspection_id))
        held, *free = items
        await work.session.execute(
            update(OutboxItem)
            .where(OutboxItem.inspection_id == held)
            .values(lease_token=work.new_id(), lease_until=text("now() + interval '1 minute'"))
        )
        assert sorted(await work.outbox.unbatch(batch_id)) == free
        await work.commit()
    assert await batch(database) == free


async def test_only_what_is_lost_is_taken_back(database: Database) -> None:
    lease, _ = await claimed(database, await batched(database))
    await batched(database)
    await waiting(database)
    assert await take_expired(database) == []
    await run_out(database, lease)
    assert len(await take_expired(database)) == 1


async def test_a_batch_that_nobody_claims_is_taken_back(database: Database) -> None:
    await batched(database, 2)
    assert len(await take_expired(database, unclaimed_s=-1)) == 2
    assert len(await batch(database)) == 2


async def test_adding_what_waits_already_changes_nothing(database: Database) -> None:
    [id_] = await waiting(database, priority=Priority.LIVE)
    async with database.unit_of_work() as work:
        await work.outbox.add(id_, Priority.BATCH)
        await work.commit()
    there = await item(database, id_)
    assert there is not None
    assert there.priority == Priority.LIVE


@pytest.mark.parametrize("held", [True, False])
async def test_only_what_nobody_holds_is_given_up(database: Database, held: bool) -> None:
    batch_id = await batched(database)
    async with database.session() as session:
        [id_] = await session.scalars(select(OutboxItem.inspection_id))
    if held:
        await claimed(database, batch_id)
    async with database.unit_of_work() as work:
        await work.outbox.give_up(id_)
        await work.commit()
    assert (await item(database, id_) is not None) is held


async def set_back(database: Database, hours: int = 24) -> None:
    """Set the clock back: to the database, every time that it has written lies so much further ahead."""
    async with database.unit_of_work() as work:
        times = (OutboxItem.available_at, OutboxItem.batched_at, OutboxItem.lease_until)
        ahead = {time.key: time + timedelta(hours=hours) for time in times}
        await work.session.execute(update(OutboxItem).values(ahead))
        await work.commit()


async def test_a_lease_from_before_the_clock_was_set_back_has_ended(database: Database) -> None:
    lease, [id_] = await claimed(database, await batched(database))
    assert await take_expired(database) == []
    await set_back(database)
    assert [claim.inspection_id for claim in await take_expired(database)] == [id_]
    assert await finish(database, lease, [id_]) == set()


async def test_a_lease_that_is_renewed_after_the_clock_was_set_back_stands(database: Database) -> None:
    lease, [id_] = await claimed(database, await batched(database))
    await set_back(database)
    async with database.unit_of_work() as work:
        assert await work.outbox.renew(lease) == {id_}
        await work.commit()
    assert await take_expired(database) == []


async def test_a_batch_from_before_the_clock_was_set_back_is_lost_unless_it_stands_in_line(database: Database) -> None:
    batch_id = await batched(database)
    await set_back(database)
    async with database.unit_of_work() as work:
        assert await work.outbox.take_expired(unclaimed_s=60, told=[batch_id]) == []
    assert len(await take_expired(database)) == 1


@pytest.mark.parametrize(("hours", "woken"), [(24, 1), (0, 0)], ids=["set back", "as it was"])
async def test_nothing_rests_for_as_long_as_the_clock_was_set_back(database: Database, hours: int, woken: int) -> None:
    await waiting(database, 1)
    await set_back(database, hours)
    assert bool(await batch(database)) is not bool(woken)
    async with database.unit_of_work() as work:
        assert await work.outbox.wake_overslept(most_s=60) == woken
        await work.commit()
    assert bool(await batch(database)) is bool(woken)
