"""The pictures kept in the image store."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from data.tables.base import Base, Document, Id, sha256


class Image(Base):
    """One picture. Its bytes lie in the image store at the hexadecimal form of `sha256`; equal bytes are one row."""

    __tablename__ = "images"
    __table_args__ = (
        sha256("sha256"),
        CheckConstraint("thumbnail IS NULL OR octet_length(thumbnail) = 32", name="thumbnail_is_sha256"),
        Index("ix_images_thumbnail", "thumbnail", postgresql_where=text("thumbnail IS NOT NULL")),
        CheckConstraint("byte_count > 0 AND width_px > 0 AND height_px > 0", name="sizes_positive"),
    )

    id: Mapped[Id]
    sha256: Mapped[bytes] = mapped_column(unique=True)
    media_type: Mapped[str]
    width_px: Mapped[int]
    height_px: Mapped[int]
    byte_count: Mapped[int] = mapped_column(BigInteger)
    thumbnail: Mapped[bytes | None]
    """The address of the picture made small, once it was made; it is made once."""
    about: Mapped[Document | None]
    """What the file says of itself (`core.image_about`): camera, lens, exposure, when it was taken."""

    @property
    def address(self) -> str:
        """Where the bytes lie in the image store."""
        return self.sha256.hex()
