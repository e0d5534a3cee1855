"""Writes one-time links."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import Invitation


class Invitations:
    """One-time links as they are written."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._new_id = new_id

    async def add(self, user_id: UUID | None, digest: bytes, expires_at: datetime) -> UUID:
        """Keep a link for somebody, or for the first admin; return its id."""
        row = {"id": self._new_id(), "user_id": user_id, "digest": digest, "expires_at": expires_at}
        await self._session.execute(insert(Invitation).values(row))
        return row["id"]  # type: ignore[return-value]  # the one that was made above

    async def take(self, digest: bytes, now: datetime) -> Invitation | None:
        """Use a link up and return it; None if it was used, is too old or never was. Of two at once, one gets it."""
        good = (Invitation.digest == digest, Invitation.closed_at.is_(None), Invitation.expires_at > now)
        taken = update(Invitation).where(*good).values(closed_at=now).returning(Invitation)
        return (await self._session.scalars(taken)).one_or_none()

    async def close(self, user_id: UUID | None, now: datetime) -> None:
        """Let the links for somebody, or for the first admin, be good for nothing."""
        whose: ColumnElement[bool] = Invitation.user_id.is_(None) if user_id is None else Invitation.user_id == user_id
        open_ones = update(Invitation).where(whose, Invitation.closed_at.is_(None))
        await self._session.execute(open_ones.values(closed_at=now))
