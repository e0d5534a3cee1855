"""What is not killed but disturbed: a worker frozen past its lease, a full disk, a supervisor that is gone."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.chaos import ledger
from tests.chaos.conftest import Parts
from tests.chaos.house import PATIENCE_S, House
from tests.chaos.ledger import Left
from tests.chaos.sender import Part, Sender, to_inspections
from tests.workers.programs import until

COUNT = 40
FULL_BYTES = 1024
"""Less than any picture: each begins to be written, and cannot be."""


@asynccontextmanager
async def sending(house: House, sent: list[Part]) -> AsyncIterator[Sender[Part]]:
    """A sender at work on all parts while the block lasts; it is through when this returns."""
    sender = Sender(house.url, to_inspections)
    async with asyncio.TaskGroup() as group:
        group.create_task(sender.send_all(sent))
        yield sender


async def test_a_worker_frozen_past_its_lease_is_refused_when_it_wakes(house: House, parts: Parts) -> None:
    sent = parts("frozen", COUNT)
    before, endings = refused(house, "worker-1"), house.log("worker-1").count("ending")
    async with sending(house, sent) as sender:
        sender.allow(COUNT)
        pid = await freeze_at_work(house, "worker-1")
    try:
        await ledger.until_quiet(house)  # the other one has judged what the frozen one held
    finally:
        os.kill(pid, signal.SIGCONT)
    await until(lambda: refused(house, "worker-1") > before, PATIENCE_S)
    went_on = await house.pid("worker-1") == pid
    assert went_on or house.log("worker-1").count("ending") > endings, "it goes on, or says why it ends"
    left = await ledger.reconcile(house, sender, sent, like="frozen-%")
    assert left == Left(0, 0)


async def freeze_at_work(house: House, worker: str) -> int:
    """Freeze a worker that holds inspections and is in no transaction, whose locks would be held up with it."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await until_holds(house, worker)
            pid = await house.send(worker, signal.SIGSTOP)
            if await house.held_by(worker) and await house.in_no_transaction():
                return pid
            os.kill(pid, signal.SIGCONT)


async def until_holds(house: House, worker: str) -> None:
    while not await house.held_by(worker):  # noqa: ASYNC110 - other processes do the work
        await asyncio.sleep(0.02)


def refused(house: House, worker: str) -> int:
    """Return how many late results of a worker were refused so far, as it says itself."""
    found = re.findall(r"(\d+) results came after their lease had ended and were refused", house.log(worker))
    return sum(map(int, found))


async def test_while_the_disk_is_full_nothing_is_half_kept_and_then_all_is_well(house: House, parts: Parts) -> None:
    sent = parts("full", COUNT)
    async with sending(house, sent) as sender:
        sender.allow(COUNT // 4)
        await until(lambda: len(sender.acknowledged) == COUNT // 4, PATIENCE_S)
        async with house.no_file_longer_than(FULL_BYTES):
            sender.allow(COUNT)
            await until(lambda: sender.troubles.total() >= COUNT, PATIENCE_S)
            assert len(sender.acknowledged) == COUNT // 4
            assert await rows(house, "full-%") == COUNT // 4
    assert {trouble.split()[1] for trouble in sender.troubles} == {"/problems/store-full"}
    assert await ledger.reconcile(house, sender, sent, like="full-%") == Left(0, 0)


async def rows(house: House, like: str) -> int:
    async with house.database() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM inspections WHERE file_name LIKE $1", like))


async def test_a_supervisor_that_is_killed_and_started_again_goes_on_where_it_was(house: House, parts: Parts) -> None:
    sent = parts("anew", COUNT)
    async with sending(house, sent) as sender:
        for share in (4, 2):
            sender.allow(COUNT // 4)
            await until(lambda share=share: len(sender.acknowledged) >= COUNT // share - 3, PATIENCE_S)  # type: ignore[misc]
            await house.killed()
            await house.start()
        sender.allow(COUNT)
    left = await ledger.reconcile(house, sender, sent, like="anew-%")
    assert left.orphans == 0
