"""Nothing that was acknowledged is lost and nothing is judged twice, whatever is killed: the promise of the product.

200 photos are posted by a sender that repeats what was not answered, while server, workers, relay, Redis and PostgreSQL
are killed with SIGKILL in turn, three times over, and Redis loses everything twice.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.chaos import killer, ledger
from tests.chaos.conftest import Parts
from tests.chaos.house import PARTS, House
from tests.chaos.sender import Sender, to_inspections

COUNT = 200
ROUNDS = 3
EVERY = 10
SEED = 20240229
AT_ONCE_LEFT = 8
"""A killed server leaves at most what it was just writing: a file a request."""

pytestmark = pytest.mark.timeout(400)


async def test_200_photos_outlive_every_kill(house: House, parts: Parts) -> None:
    sent, sender = parts("kills", COUNT), Sender(house.url, to_inspections)
    plan = killer.blows(SEED, rounds=ROUNDS, every=EVERY)
    assert len(plan) * EVERY == COUNT
    async with asyncio.TaskGroup() as group:
        group.create_task(sender.send_all(sent))
        await killer.strike(house, sender, plan, every=EVERY)
    left = await ledger.reconcile(house, sender, sent, like="kills-%")
    assert sender.troubles, "no sender noticed anything: the blows fell beside"
    assert left.orphans == 0, "each part was sent until it was kept, so each picture has its row"
    assert left.incoming <= AT_ONCE_LEFT * ROUNDS
    print(f"blows {[blow.name for blow in plan]}; senders met {dict(sender.troubles)}; left in the store: {left}")
    assert all(f"{part}" in {blow.name for blow in plan} for part in PARTS)
