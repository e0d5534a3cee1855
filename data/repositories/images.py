"""Writes the rows of pictures; their bytes lie in the image store before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import Document, Image


@dataclass(frozen=True)
class Picture:
    """A picture that lies in the image store at `address` (hexadecimal SHA-256).

    `thumbnail` is where it lies made small, `about` what its file says of itself (`core.image_about`); None: not known
    yet.
    """

    address: str
    media_type: str
    width_px: int
    height_px: int
    byte_count: int
    thumbnail: str | None = None
    about: Document | None = field(default=None, hash=False)


class Images:
    """Pictures as they are written."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._new_id = new_id

    async def add(self, picture: Picture) -> UUID:
        """Return the id of the picture's row; the same bytes are one row, however many send them at once."""
        digest = bytes.fromhex(picture.address)
        told = {**_small(picture.thumbnail), "about": picture.about}
        row = {
            "id": self._new_id(),
            "sha256": digest,
            "media_type": picture.media_type,
            "width_px": picture.width_px,
            "height_px": picture.height_px,
            "byte_count": picture.byte_count,
            **told,
        }
        added = insert(Image).values(row).on_conflict_do_nothing(index_elements=["sha256"]).returning(Image.id)
        new = await self._session.scalar(added)
        if new is not None:
            return new
        known = (await self._session.scalars(select(Image.id).where(Image.sha256 == digest))).one()
        if picture.thumbnail is not None:
            await self.describe(known, picture.thumbnail, picture.about or {})
        return known

    async def describe(self, image_id: UUID, thumbnail: str, about: Document) -> None:
        """Keep where a picture lies made small, and what its file says of itself; what is kept already stays."""
        blank = update(Image).where(Image.id == image_id, Image.thumbnail.is_(None))
        await self._session.execute(blank.values(**_small(thumbnail), about=about))


def _small(thumbnail: str | None) -> dict[str, bytes | None]:
    return {"thumbnail": None if thumbnail is None else bytes.fromhex(thumbnail)}
