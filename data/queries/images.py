"""Reads the rows of pictures."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import Image


async def known(session: AsyncSession, address: str) -> bool:
    """Tell whether a picture with these bytes was ever kept."""
    return bool(await session.scalar(select(exists().where(Image.sha256 == bytes.fromhex(address)))))
