"""Writes the rows of pictures; their bytes lie in the image store before."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from sqlalchemy import Table, bindparam, select, update
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


_ADD = (
    insert(cast("Table", Image.__table__))
    .on_conflict_do_nothing(index_elements=["sha256"])
    .returning(Image.sha256, Image.id)
)
_KNOWN = select(Image.id).where(Image.sha256 == bindparam("digest"))


class Images:
    """Pictures as they are written."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._new_id = new_id

    async def add(self, picture: Picture) -> UUID:
        """Return the id of the picture's row; the same bytes are one row, however many send them at once."""
        return (await self.add_all([picture]))[picture.address]

    async def add_all(self, pictures: Collection[Picture]) -> dict[str, UUID]:
        """Return the ids of pictures' rows by address, at the cost of one; see `add`. Each address comes once.

        They are written in the order of their addresses, so that no two who write wait crosswise.
        """
        ordered = sorted(pictures, key=lambda picture: picture.address)
        if not ordered:
            return {}
        made = await self._session.execute(_ADD, [self._row(picture) for picture in ordered])
        ids = {row.sha256.hex(): row.id for row in made}
        for picture in ordered:
            if picture.address not in ids:
                ids[picture.address] = await self._known(picture)
        return ids

    async def _known(self, picture: Picture) -> UUID:
        id_ = (await self._session.scalars(_KNOWN, {"digest": bytes.fromhex(picture.address)})).one()
        if picture.thumbnail is not None:
            await self.describe(id_, picture.thumbnail, picture.about or {})
        return id_

    def _row(self, picture: Picture) -> dict[str, object]:
        return {
            "id": self._new_id(),
            "sha256": bytes.fromhex(picture.address),
            "media_type": picture.media_type,
            "width_px": picture.width_px,
            "height_px": picture.height_px,
            "byte_count": picture.byte_count,
            **_small(picture.thumbnail),
            "about": picture.about,
        }

    async def describe(self, image_id: UUID, thumbnail: str, about: Document) -> None:
        """Keep where a picture lies made small, and what its file says of itself; what is kept already stays."""
        blank = update(Image).where(Image.id == image_id, Image.thumbnail.is_(None))
        await self._session.execute(blank.values(**_small(thumbnail), about=about))


def _small(thumbnail: str | None) -> dict[str, bytes | None]:
    return {"thumbnail": None if thumbnail is None else bytes.fromhex(thumbnail)}
