"""How often something was counted in the last minute, by all servers together, without anybody waiting for it.

1. What is counted is counted here at once, in memory, and told to Redis every `SHARE_S`; what the others have counted
   comes back with it. So a count costs microseconds, and is behind by what the others saw in the last `SHARE_S`.
2. While Redis is away each process counts alone. It is told what it missed when it is back.
3. A window begins with each minute of the clock. What counts is this window, and of the one before as much as is less
   than a window ago, as if it had come evenly: the sliding window of two counters.
4. At most `MOST` things are counted at a time; what was not seen for longest is forgotten first.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from redis import asyncio as redis
from redis.exceptions import RedisError

from data.alongside import alongside

WINDOW_S = 60
SHARE_S = 0.5
PATIENCE_S = 1.0
KEPT_S = 3 * WINDOW_S
"""How long Redis keeps a window."""
MOST = 20_000

_EPSILON = 1e-6  # a share of one, lost in the arithmetic
_NAME = "marksight:counted:{window}"

log = logging.getLogger(__name__)


@dataclass
class _Window:
    """One window of one thing: what all have counted, as far as known, and what of ours is not told yet."""

    shared: int = 0
    untold: int = 0

    @property
    def total(self) -> int:
        return self.shared + self.untold


@dataclass
class _Counted:
    windows: dict[int, _Window] = field(default_factory=dict)

    def at(self, window: int) -> _Window:
        """Return a window; what lies before the one before it is over."""
        if window not in self.windows:
            self.windows = {at: kept for at, kept in self.windows.items() if abs(window - at) <= 1}
            self.windows[window] = _Window()
        return self.windows[window]

    def total(self, window: int) -> int:
        return self.windows[window].total if window in self.windows else 0


@dataclass(frozen=True)
class Tally:
    """What was counted of a thing: in the window before, in this one, and how many seconds this one has lasted."""

    before: int
    now: int
    elapsed_s: float

    @property
    def used(self) -> float:
        """How much of it counts."""
        return self.before * (1 - self.elapsed_s / WINDOW_S) + self.now

    @property
    def left_s(self) -> float:
        """Seconds until the next window."""
        return WINDOW_S - self.elapsed_s

    def wait_s(self, most: int) -> float:
        """Return after how many seconds less than `most` count, if nothing more comes."""
        room = most - 1
        if self.used <= room + _EPSILON:
            return 0
        if self.now <= room:
            return WINDOW_S * (1 - (room - self.now) / self.before) - self.elapsed_s
        return self.left_s + WINDOW_S * (1 - room / self.now)


class SharedCounts:
    """The counts of one process; `redis_url` says where the others' are, and may raise OSError while nobody knows."""

    def __init__(
        self, redis_url: Callable[[], str], *, clock: Callable[[], float] = time.time, most: int = MOST
    ) -> None:
        self._redis_url = redis_url
        self._clock = clock
        self._most = most
        self._counted: OrderedDict[str, _Counted] = OrderedDict()
        self._news: set[str] = set()
        self._away = False

    def tally(self, key: str) -> Tally:
        """Return what was counted of `key`."""
        window, elapsed_s = self._now()
        counted = self._counted.get(key, _Counted())
        return Tally(counted.total(window - 1), counted.total(window), elapsed_s)

    def count(self, key: str) -> None:
        """Count `key` once more."""
        counted = self._counted.pop(key, None) or _Counted()
        self._counted[key] = counted
        counted.at(self._now()[0]).untold += 1
        self._news.add(key)
        while len(self._counted) > self._most:
            self._news.discard(self._counted.popitem(last=False)[0])

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Share what is counted with the others while the context lasts."""
        async with alongside(self._share_for_ever()):
            yield

    async def share(self, client: redis.Redis) -> None:
        """Tell what is new of ours, and learn what the others have counted of the same.

        Raises:
            RedisError, OSError, TimeoutError: Redis is away; it is told the next time.
        """
        window = self._now()[0]
        news, self._news = self._news, set()
        told = [(key, at, kept, kept.untold) for key in news for at, kept in self._windows(key, window)]
        try:
            async with asyncio.timeout(PATIENCE_S):
                totals = await _exchange(client, told)
        except BaseException:
            self._news |= news
            raise
        for (_, _, kept, untold), total in zip(told, totals, strict=True):
            kept.shared, kept.untold = total, kept.untold - untold

    def _windows(self, key: str, window: int) -> list[tuple[int, _Window]]:
        counted = self._counted.get(key)
        return [] if counted is None else [(at, counted.at(at)) for at in (window - 1, window)]

    def _now(self) -> tuple[int, float]:
        window, elapsed_s = divmod(self._clock(), WINDOW_S)
        return int(window), elapsed_s

    async def _share_for_ever(self) -> None:
        client: redis.Redis | None = None
        try:
            while True:
                await asyncio.sleep(SHARE_S)
                try:
                    client = client or _client(self._redis_url())
                    if self._news:
                        await self.share(client)
                        self._tell(away=False)
                except (RedisError, OSError, TimeoutError) as error:
                    self._tell(away=True, error=error)
        finally:
            if client is not None:
                await client.aclose()

    def _tell(self, *, away: bool, error: Exception | None = None) -> None:
        if away and not self._away:
            log.warning("requests are counted by each server alone while Redis is away: %s", type(error).__name__)
        if self._away and not away:
            log.info("requests are counted by all servers together again")
        self._away = away


def _client(url: str) -> redis.Redis:
    """Return a client without a time limit of its own, which would lose cancellations (`data.alongside`)."""
    return redis.Redis.from_url(url, socket_timeout=None, socket_connect_timeout=PATIENCE_S)


async def _exchange(client: redis.Redis, told: list[tuple[str, int, _Window, int]]) -> list[int]:
    """Add what is told, and return what there is then of each."""
    pipeline = client.pipeline(transaction=False)
    for key, at, _, untold in told:
        pipeline.hincrby(_NAME.format(window=at), key, untold)
    for at in sorted({at for _, at, _, _ in told}):
        pipeline.expire(_NAME.format(window=at), KEPT_S)
    return [int(total) for total in (await pipeline.execute())[: len(told)]]
