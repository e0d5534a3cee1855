"""An archive is opened once, each member of it, though its worker is killed in its middle, or sleeps and comes late."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.chaos import ledger
from tests.chaos.house import PATIENCE_S, House
from tests.chaos.sender import Sender
from tests.chaos.shipments import Shipment, packed, to_uploads
from tests.workers.programs import until
from tests.workers.queue_probe import picture
from workers.opening_archive import SLICE_MEMBERS

MEMBERS = 600
"""Tiny pictures with nothing to read: what is tried here is how they are opened."""
KILLS = 2

HOW_FAR = "SELECT members_done, lease_until > clock_timestamp() AS held FROM run_files WHERE name = $1"


@dataclass(frozen=True)
class Stage:
    """An archive on its way: how many of its members were opened, by whom, and whether that one's lease stands."""

    done: int
    opener: str
    held: bool


@asynccontextmanager
async def shipped(house: House, key: str) -> AsyncIterator[tuple[Sender[Shipment], Shipment]]:
    """An archive that is being opened while the block lasts."""
    shipment = packed(key, {f"{key}-{number:03}.png": picture() for number in range(MEMBERS)})
    sender = Sender(house.url, to_uploads)
    sender.allow(1)
    await sender.send_all([shipment])
    yield sender, shipment


async def stage(house: House, shipment: Shipment, *, behind: int) -> Stage:
    """Return how an archive stands once more than so many members were opened, and not all."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            opener = await house.opener()
            async with house.database() as connection:
                row = await connection.fetchrow(HOW_FAR, *shipment.files)
            assert row["members_done"] < MEMBERS, "it was opened before anything could be done to its worker"
            if opener is not None and row["held"] and row["members_done"] > behind:
                return Stage(row["members_done"], opener, held=True)
            await asyncio.sleep(0.01)


async def test_an_archive_whose_workers_are_killed_in_its_middle_is_opened_once(house: House) -> None:
    async with shipped(house, "killed") as (sender, shipment):
        done = 0
        for _ in range(KILLS):
            now = await stage(house, shipment, behind=done)
            await house.kill(now.opener)
            done = now.done
    left = await ledger.reconcile_runs(house, sender, [shipment], like="killed%")
    assert left.orphans == 0
    assert left.incoming <= KILLS * SLICE_MEMBERS * 2, "what each was just writing: pictures, and their small forms"


async def test_a_worker_frozen_in_the_middle_of_an_archive_is_refused_when_it_wakes(house: House) -> None:
    async with shipped(house, "frozen") as (sender, shipment):
        opener, pid = await freeze(house, shipment)
        before, endings = late(house, opener), house.log(opener).count("ending")
    try:
        await ledger.until_quiet(house)  # the other one has opened what was left, and judged it all
    finally:
        os.kill(pid, signal.SIGCONT)
    await until(lambda: late(house, opener) > before, PATIENCE_S)
    went_on = await house.pid(opener) == pid
    assert went_on or house.log(opener).count("ending") > endings, "it goes on, or says why it ends"
    left = await ledger.reconcile_runs(house, sender, [shipment], like="frozen%")
    assert left.orphans == 0


def late(house: House, worker: str) -> int:
    """Return how often a worker was told that its lease on an archive had ended."""
    return len(re.findall(r"the lease on archive \S+ had ended", house.log(worker)))


async def freeze(house: House, shipment: Shipment) -> tuple[str, int]:
    """Freeze the worker that opens an archive, while it is in no transaction, whose locks would be held up with it."""
    while True:
        now = await stage(house, shipment, behind=0)
        pid = await house.send(now.opener, signal.SIGSTOP)
        if await house.in_no_transaction() and (await stage(house, shipment, behind=0)).opener == now.opener:
            return now.opener, pid
        os.kill(pid, signal.SIGCONT)
