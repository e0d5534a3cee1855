"""Writes the rows of pictures; their bytes lie in the image store before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import Image


@dataclass(frozen=True)
class Picture:
    """A picture that lies in the image store at `address` (hexadecimal SHA-256)."""

    address: str
    media_type: str
    width_px: int
    height_px: int
    byte_count: int


class Images:
    """Pictures as they are written."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._new_id = new_id

    async def add(self, picture: Picture) -> UUID:
        """Return the id of the picture's row; the same bytes are one row, however many send them at once."""
        digest = bytes.fromhex(picture.address)
        row = {
            "id": self._new_id(),
            "sha256": digest,
            "media_type": picture.media_type,
            "width_px": picture.width_px,
            "height_px": picture.height_px,
            "byte_count": picture.byte_count,
        }
        added = insert(Image).values(row).on_conflict_do_nothing(index_elements=["sha256"]).returning(Image.id)
        new = await self._session.scalar(added)
        return new or (await self._session.scalars(select(Image.id).where(Image.sha256 == digest))).one()
