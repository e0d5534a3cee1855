"""Writes sign-ins. None of it is in the audit trail: what somebody does while signed in is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, delete, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import SignIn

SEEN_EVERY = timedelta(minutes=1)
"""That somebody was seen is written no more often."""


@dataclass(frozen=True)
class NewSignIn:
    """A sign-in that begins: the digest of its secret, and where it comes from."""

    user_id: UUID
    digest: bytes
    address: str
    user_agent: str
    last_seen_at: datetime
    expires_at: datetime


class SignIns:
    """Sign-ins as they are written."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._new_id = new_id

    async def begin(self, new: NewSignIn) -> UUID:
        """Keep a sign-in; return its id."""
        id_ = self._new_id()
        await self._session.execute(insert(SignIn).values({"id": id_, **asdict(new)}))
        return id_

    async def see(self, id_: UUID, now: datetime) -> None:
        """Note that somebody was seen now, unless they were within the last minute."""
        due = SignIn.last_seen_at <= now - SEEN_EVERY
        await self._session.execute(update(SignIn).where(SignIn.id == id_, due).values(last_seen_at=now))

    async def end(self, user_id: UUID, now: datetime, *, only: UUID | None = None, but: UUID | None = None) -> int:
        """End somebody's sign-ins: all, `only` one, or all `but` one; return how many were not over by then."""
        ends = update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None), SignIn.expires_at > now)
        if only is not None:
            ends = ends.where(SignIn.id == only)
        if but is not None:
            ends = ends.where(SignIn.id != but)
        return _count(await self._session.execute(ends.values(ended_at=now)))

    async def forget_old(self, before: datetime) -> int:
        """Remove the sign-ins that were over before a moment; return how many."""
        old = delete(SignIn).where(or_(SignIn.expires_at < before, SignIn.ended_at < before))
        return _count(await self._session.execute(old))


def _count(done: object) -> int:
    return done.rowcount if isinstance(done, CursorResult) else 0
