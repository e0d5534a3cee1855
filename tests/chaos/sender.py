"""The machine on the line: it posts each part, or each shipment of files, under a key of its own until it is told that
what it sent is kept.

It knows nothing of what happens to the other side. A lost connection, no answer in time, or an answer that says "later"
(5xx, `Retry-After`): it sends the same again under the same key. Anything else is a fault, and ends the test.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar
from uuid import UUID

import httpx

ANSWER_S = 20.0
PAUSES_S = (0.05, 0.1, 0.2, 0.4)
AT_ONCE = 8


class Sent(Protocol):
    """Whatever is posted under an idempotency key."""

    @property
    def key(self) -> str: ...


Kind = TypeVar("Kind", bound=Sent)


@dataclass(frozen=True)
class Part:
    """What is posted of one part: its picture, its idempotency key, and what is said beside."""

    key: str
    picture: bytes
    beside: dict[str, str] = field(default_factory=dict)


Post = Callable[[httpx.AsyncClient, Kind], Awaitable[httpx.Response]]
"""One way to hand something in: asks once, returns what was answered, whose `id` is what was made of it."""


async def to_inspections(client: httpx.AsyncClient, part: Part) -> httpx.Response:
    """`POST /v1/inspections`, as a form."""
    files, head = {"image": (f"{part.key}.png", part.picture)}, {"Idempotency-Key": part.key}
    return await client.post("/v1/inspections", files=files, data=part.beside, headers=head)


class Sender(Generic[Kind]):
    """Sends by `post`; `acknowledged` holds the id answered for each key, `troubles` what kept it from an answer.

    It waits for leave before each one (`allow`), so that a test decides when the next ones are on their way.
    """

    def __init__(self, url: str, post: Post[Kind]) -> None:
        self.acknowledged: dict[str, UUID] = {}
        self.troubles: Counter[str] = Counter()
        self._allowed = asyncio.Semaphore(0)
        self._post = post
        self._url = url

    def allow(self, count: int) -> None:
        """Give leave for so many more."""
        for _ in range(count):
            self._allowed.release()

    async def send_all(self, sent: Sequence[Kind]) -> None:
        """Send every one until it is acknowledged, several at once."""
        waiting = iter(sent)

        async def line() -> None:
            async with httpx.AsyncClient(base_url=self._url, timeout=ANSWER_S) as client:
                for each in waiting:
                    await self._allowed.acquire()
                    self.acknowledged[each.key] = await self.until_kept(client, each)

        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(line())

    async def until_kept(self, client: httpx.AsyncClient, sent: Kind) -> UUID:
        """Send one, as often as it takes; return the id that was answered."""
        tries = 0
        while True:
            answer = await self._once(client, sent)
            if answer is not None:
                assert answer.is_success, f"{sent.key}: {answer.status_code} {answer.text}"
                return UUID(answer.json()["id"])
            await asyncio.sleep(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
            tries += 1

    async def _once(self, client: httpx.AsyncClient, sent: Kind) -> httpx.Response | None:
        """Return the answer, or None if it should be sent again."""
        try:
            answer = await self._post(client, sent)
        except httpx.TransportError as error:
            self.troubles[type(error).__name__] += 1
            return None
        if answer.status_code >= 500 or "retry-after" in answer.headers:
            self.troubles[_problem(answer)] += 1
            return None
        return answer


def _problem(answer: httpx.Response) -> str:
    """Return the problem an answer names, e.g. `503 /problems/store-full`."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return f"{answer.status_code} {answer.json()['type']}"
