"""Writes the keys under which machines repeat a request."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.errors import IdempotencyMismatch
from data.tables import IdempotencyKey

KEPT_FOR = timedelta(days=7)


class IdempotencyKeys:
    """Idempotency keys as they are written."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def made(self, caller: str, key: str, request_digest: bytes) -> UUID | None:
        """Return the inspection that this request made when it came first, or None if it never came.

        Raises:
            IdempotencyMismatch: the key came with another request.
        """
        statement = select(IdempotencyKey).where(IdempotencyKey.caller == caller, IdempotencyKey.key == key)
        known = await self._session.scalar(statement)
        if known is None:
            return None
        if known.request_digest != request_digest:
            raise IdempotencyMismatch(f"The idempotency key {key!r} was used before, with another request.")
        return known.inspection_id

    async def remember(self, caller: str, key: str, *, request_digest: bytes, inspection_id: UUID) -> bool:
        """Bind the key to the inspection; False if somebody else, at the same time, was first.

        Waits for whoever is about to bind the same key.
        """
        row = {"caller": caller, "key": key, "request_digest": request_digest, "inspection_id": inspection_id}
        bound = insert(IdempotencyKey).values(row).on_conflict_do_nothing(index_elements=["caller", "key"])
        return await self._session.scalar(bound.returning(IdempotencyKey.key)) is not None

    async def forget_old(self) -> int:
        """Remove the keys older than `KEPT_FOR`; return how many."""
        old = delete(IdempotencyKey).where(IdempotencyKey.used_at < func.now() - KEPT_FOR)
        done = await self._session.execute(old)
        return done.rowcount if isinstance(done, CursorResult) else 0
