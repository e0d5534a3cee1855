"""Writes the keys under which machines repeat a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.errors import IdempotencyMismatch
from data.tables import IdempotencyKey

KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Made:
    """What a request made: an inspection, a run, a file of a run, or none of them."""

    inspection_id: UUID | None = None
    run_id: UUID | None = None
    run_file_id: UUID | None = None


NOTHING = Made()


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

    async def remember(self, caller: str, key: str, *, request_digest: bytes, made: Made = NOTHING) -> bool:
        """Bind the key to what its request made; False if somebody else, at the same time, was first.

        Waits for whoever is about to bind the same key.
        """
        row = {"caller": caller, "key": key, "request_digest": request_digest}
        bound = insert(IdempotencyKey).values(row | vars(made)).on_conflict_do_nothing(index_elements=["caller", "key"])
        return await self._session.scalar(bound.returning(IdempotencyKey.key)) is not None

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
        """Remove the keys older than `KEPT_FOR`; return how many."""
        old = delete(IdempotencyKey).where(IdempotencyKey.used_at < func.now() - KEPT_FOR)
        done = await self._session.execute(old)
        return done.rowcount if isinstance(done, CursorResult) else 0
