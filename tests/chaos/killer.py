"""The one who strikes: everything is killed in turn, and Redis loses what it holds. Seeded, and timed by progress.

A blow falls when so many parts have been acknowledged, and the next ones are already on their way.
"""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from redis import asyncio as redis

from data import embedded_urls
from tests.chaos.house import PARTS, PATIENCE_S, WORKERS, House
from tests.chaos.sender import Kind, Sender
from tests.workers.programs import until

AT_WORK_S = 5.0
"""So long a blow waits for its moment; then it falls all the same."""

MOST_DELAY_S = 0.3


async def kill_at_work(house: House, worker: str) -> None:
    """Kill a worker that has begun something, if there is something to begin."""
    await _for_a_moment(lambda: house.held_by(worker))
    await house.kill(worker)


async def kill_receiving(house: House) -> None:
    """Kill the server while a file comes in."""
    await _for_a_moment(lambda: house.files("receiving"))
    await house.kill("server")


async def kill_opening(house: House) -> None:
    """Kill all workers while one of them opens a file."""
    await _for_a_moment(lambda: house.files("opening"))
    for worker in WORKERS:
        await house.kill(worker)


async def _for_a_moment(right: Callable[[], Awaitable[int]]) -> None:
    """Wait until the moment is right, if it comes at all."""
    with suppress(TimeoutError):
        async with asyncio.timeout(AT_WORK_S):
            while not await right():  # noqa: ASYNC110 - other processes do the work
                await asyncio.sleep(0.02)


async def wipe(house: House) -> None:
    """Redis forgets everything, and goes on."""
    await house.pid("valkey")
    client = redis.Redis.from_url(embedded_urls.redis_url(house.home))
    await client.flushall()
    await client.aclose()


async def lose_the_log(house: House) -> None:
    """Redis is killed, and its log is gone when it comes back."""
    await house.pid("valkey")  # it may be on its way back from the last blow, and nobody would start it
    async with house.unattended():
        await house.kill("valkey")
        shutil.rmtree(house.home / "valkey" / "appendonlydir")


STRIKES: dict[str, Callable[[House], Awaitable[None]]] = {
    **{part: lambda house, part=part: house.kill(part) for part in PARTS},  # type: ignore[misc]
    **{worker: partial(kill_at_work, worker=worker) for worker in WORKERS},
    "receiving": kill_receiving,
    "opening": kill_opening,
    "wipe": wipe,
    "lose the log": lose_the_log,
}
WIPES = ("wipe", "lose the log")


@dataclass(frozen=True)
class Blow:
    """What is struck; it falls once `after` parts have been acknowledged, and `delay_s` later."""

    name: str
    after: int
    delay_s: float


def blows(seed: int, *, rounds: int, every: int, beside: Sequence[str] = WIPES) -> tuple[Blow, ...]:
    """Return so many rounds in which each part is killed once, and what is `beside`; a blow about `every` parts."""
    chance = random.Random(seed)  # noqa: S311 - to be the same each time
    names = [name for _ in range(rounds) for name in chance.sample(PARTS, len(PARTS))]
    for once in beside:
        names.insert(chance.randrange(1, len(names)), once)
    return tuple(
        Blow(name, number * every + chance.randrange(every), chance.uniform(0, MOST_DELAY_S))
        for number, name in enumerate(names)
    )


async def strike(house: House, sender: Sender[Kind], plan: tuple[Blow, ...], *, every: int) -> None:
    """Let the blows fall, each while the next parts are being sent."""
    for blow in plan:
        sender.allow(every)
        await until(lambda blow=blow: len(sender.acknowledged) >= blow.after, PATIENCE_S)  # type: ignore[misc]
        await asyncio.sleep(blow.delay_s)
        await STRIKES[blow.name](house)
