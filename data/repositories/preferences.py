"""Writes what people prefer."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import Document, Preferences


class PreferencesOf:
    """What people prefer, as it is written."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def set(self, user_id: UUID, document: Document) -> None:
        """Keep what somebody prefers, in place of what they preferred; `workers.preferences` has checked it."""
        row = insert(Preferences).values(user_id=user_id, document=document)
        same = row.on_conflict_do_update(index_elements=["user_id"], set_={"document": document})
        await self._session.execute(same)
