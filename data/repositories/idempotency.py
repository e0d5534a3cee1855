"""Writes the keys under which machines repeat a request."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.errors import IdempotencyMismatch
from data.tables import IdempotencyKey

KEPT_DAYS = 14
"""The keys of so many days on which any came are kept, whatever the clock says: one that is set a month ahead makes all
keys old at once. A week is promised; the other days are for those that there never were: clocks may be set often."""


@dataclass(frozen=True)
class Made:
    """What a request made: an inspection, a run, a file of a run, or none of them."""

    inspection_id: UUID | None = None
    run_id: UUID | None = None
    run_file_id: UUID | None = None


NOTHING = Made()


@dataclass(frozen=True)
class Bound:
    """A key, with the digest of the request that it came with, and what that made."""

    key: str
    request_digest: bytes
    made: Made = NOTHING


class IdempotencyKeys:
    """Idempotency keys as they are written."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def known(self, caller: str, key: str, request_digest: bytes) -> Made | None:
        """Return what this request made when it came first, or None if it never came.

        Raises:
            IdempotencyMismatch: the key came with another request.
        """
        statement = select(IdempotencyKey).where(IdempotencyKey.caller == caller, IdempotencyKey.key == key)
        known = await self._session.scalar(statement)
        if known is None:
            return None
        if known.request_digest != request_digest:
            raise IdempotencyMismatch(f"The idempotency key {key!r} was used before, with another request.")
        return Made(known.inspection_id, known.run_id, known.run_file_id)

    async def made(self, caller: str, key: str, request_digest: bytes) -> UUID | None:
        """Return the inspection that this request made when it came first, or None; see `known`."""
        known = await self.known(caller, key, request_digest)
        return known.inspection_id if known else None

    async def among(self, caller: str, keys: Collection[str]) -> set[str]:
        """Return those of a caller's keys that came before, with whatever request."""
        known = select(IdempotencyKey.key).where(IdempotencyKey.caller == caller, IdempotencyKey.key.in_(keys))
        return set(await self._session.scalars(known))

    async def remember(self, caller: str, key: str, *, request_digest: bytes, made: Made = NOTHING) -> bool:
        """Bind the key to what its request made; False if somebody else, at the same time, was first.

        Waits for whoever is about to bind the same key.
        """
        return await self.remember_all(caller, [Bound(key, request_digest, made)])

    async def remember_all(self, caller: str, bound: Sequence[Bound]) -> bool:
        """Bind keys, each once, at the cost of one; False if somebody else was first with any of them.

        They are bound in one order, whoever binds, so that no two who wait for each other do so crosswise.
        """
        rows = [
            {"caller": caller, "key": each.key, "request_digest": each.request_digest, **vars(each.made)}
            for each in sorted(bound, key=lambda each: each.key)
        ]
        fresh = insert(IdempotencyKey).values(rows).on_conflict_do_nothing(index_elements=["caller", "key"])
        kept = await self._session.scalars(fresh.returning(IdempotencyKey.key))
        return len(kept.all()) == len(rows)

    async def say(self, caller: str, key: str, request_digest: bytes) -> bool:
        """Bind the key to a request that makes nothing; False if that very request came before.

        Raises:
            IdempotencyMismatch: the key came with another request.
        """
        row = {"caller": caller, "key": key, "request_digest": request_digest}
        bound = insert(IdempotencyKey).values(row).on_conflict_do_nothing(index_elements=["caller", "key"])
        if await self._session.scalar(bound.returning(IdempotencyKey.key)) is not None:
            return True
        await self.made(caller, key, request_digest)
        return False

    async def forget_old(self) -> int:
        """Remove the keys that came before the last `KEPT_DAYS` days on which any came; return how many.

        Days that are yet to come do not count: the clock was set.
        """
        day = func.date_trunc("day", IdempotencyKey.used_at, "UTC")
        days = select(day.label("day")).where(IdempotencyKey.used_at <= func.now()).distinct().order_by(day.desc())
        last = days.limit(KEPT_DAYS).subquery()
        old = delete(IdempotencyKey).where(day < select(func.min(last.c.day)).scalar_subquery())
        done = await self._session.execute(old)
        return done.rowcount if isinstance(done, CursorResult) else 0
