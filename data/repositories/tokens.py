"""Writes tokens. That one was used is written once a minute at most, and leaves no entry in the audit trail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.rights import Role
from data.errors import AccountTaken
from data.tables import Token

USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class NewToken:
    """A token that is made: somebody's (`user_id`), or of a role of its own."""

    name: str
    user_id: UUID | None
    role: Role | None
    scopes: tuple[str, ...]
    digest: bytes
    prefix: str
    expires_at: datetime | None


class Tokens:
    """Tokens as they are written."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._new_id = new_id

    async def add(self, new: NewToken) -> UUID:
        """Keep a token; return its id.

        Raises:
            AccountTaken: another that was not revoked is called so.
        """
        row = {"id": self._new_id(), **asdict(new), "scopes": list(new.scopes)}
        added = insert(Token).values(row).on_conflict_do_nothing().returning(Token.id)
        made: UUID | None = await self._session.scalar(added)
        if made is None:
            raise AccountTaken(f"There is a token called {new.name} already; revoke it first, or choose another name.")
        return made

    async def revoke(self, token_id: UUID, now: datetime) -> bool:
        """Let a token be good for nothing from the commit on; False if it was revoked before."""
        ends = update(Token).where(Token.id == token_id, Token.revoked_at.is_(None)).values(revoked_at=now)
        return await self._session.scalar(ends.returning(Token.id)) is not None

    async def use(self, token_id: UUID, now: datetime) -> None:
        """Note that a token was used now, unless it was within the last minute."""
        due = or_(Token.last_used_at.is_(None), Token.last_used_at <= now - USED_EVERY)
        await self._session.execute(update(Token).where(Token.id == token_id, due).values(last_used_at=now))
