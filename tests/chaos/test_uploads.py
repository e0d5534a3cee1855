"""No file of a run is lost and none is opened or judged twice, whatever is killed, from its first byte to its verdict.

140 photos come in as runs: one by one, several in a request, and in zip archives. Server, workers, relay, Redis and
PostgreSQL are killed with SIGKILL in turn, the server while files come in and the workers while they open them, and
Redis loses everything twice.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.chaos import killer, ledger
from tests.chaos.conftest import Parts
from tests.chaos.house import PARTS, House
from tests.chaos.sender import Sender
from tests.chaos.shipments import mixed, to_uploads

COUNT = 140
SEVERAL = 5
ROUNDS = 1
BESIDE = (*killer.WIPES, "receiving", "opening", "opening")
EVERY = 3
SEED = 20240301
AT_ONCE_LEFT = 8
"""A killed process leaves at most what it was just writing: a file a request."""

pytestmark = pytest.mark.timeout(400)


async def test_140_photos_of_runs_outlive_every_kill(house: House, parts: Parts) -> None:
    pictures = {f"{part.key}.png": part.picture for part in parts("runs", COUNT)}
    sent = list(mixed("runs", pictures, several=SEVERAL))
    sender = Sender(house.url, to_uploads)
    plan = killer.blows(SEED, rounds=ROUNDS, every=EVERY, beside=BESIDE)
    assert len(plan) * EVERY < len(sent), "the last ones come in after the last blow"
    async with asyncio.TaskGroup() as group:
        group.create_task(sender.send_all(sent))
        await killer.strike(house, sender, plan, every=EVERY)
        sender.allow(len(sent))
    left = await ledger.reconcile_runs(house, sender, sent, like="runs-%")
    assert sender.troubles, "no sender noticed anything: the blows fell beside"
    assert left.orphans == 0, "each file was sent until it was kept, so each has its row"
    assert left.incoming <= AT_ONCE_LEFT * (ROUNDS + 1)
    print(f"blows {[blow.name for blow in plan]}; senders met {dict(sender.troubles)}; left in the store: {left}")
    assert {*PARTS, *BESIDE} == {blow.name for blow in plan}
