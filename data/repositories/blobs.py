"""Holds addresses of the image store against its collector, and tells which of them no row names.

1. Whoever writes a row that names an address first holds the address (`hold`), shared with others who do; then makes
   sure that the bytes are there, and writes.
2. The collector takes an address for itself (`take`), which it gets only while nobody holds it; then asks whether a
   row names it, and removes it if not. Either it sees the row, or its removal is seen by whoever writes one.
3. While a backup is made, nothing is taken: it copies what rows named a while ago (`data.holding_off`).
4. Holds end with the transaction. An address is known by its first eight bytes: two that share them wait for nothing
   worse than each other.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import BigInteger, and_, bindparam, cast, exists, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from data.holding_off import BACKUP_LOCK
from data.tables import Image, RunFile

_KEYS = func.unnest(cast(bindparam("keys", type_=ARRAY(BigInteger)), ARRAY(BigInteger))).column_valued("key")
_HOLD = select(func.pg_advisory_xact_lock_shared(_KEYS))


class Blobs:
    """Addresses of the image store (hexadecimal SHA-256) as they are held."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hold(self, addresses: Collection[str]) -> None:
        """Keep the collector away from what lies at these addresses until this unit ends."""
        await self._session.execute(_HOLD, {"keys": sorted({_key(address) for address in addresses})})

    async def take(self, address: str) -> bool:
        """Take an address for oneself until this unit ends; False if somebody holds it, or all of them."""
        alone = func.pg_try_advisory_xact_lock(_key(address))
        return bool(await self._session.scalar(select(and_(func.pg_try_advisory_xact_lock_shared(BACKUP_LOCK), alone))))

    async def is_named(self, address: str) -> bool:
        """Tell whether any row names an address: asked after `take`, it stays true or false."""
        digest = bytes.fromhex(address)
        image = exists().where(or_(Image.sha256 == digest, Image.thumbnail == digest))
        return bool(await self._session.scalar(select(or_(image, exists().where(RunFile.sha256 == digest)))))

    async def unnamed(self, addresses: Collection[str]) -> set[str]:
        """Return those addresses that no row names now; somebody may be about to."""
        digests = [bytes.fromhex(address) for address in addresses]
        named: set[bytes] = set()
        for column in (Image.sha256, Image.thumbnail, RunFile.sha256):
            found = await self._session.scalars(select(column).where(column.in_(digests)))
            named.update(digest for digest in found if digest is not None)
        return {digest.hex() for digest in digests if digest not in named}


def _key(address: str) -> int:
    return int.from_bytes(bytes.fromhex(address)[:8], "big", signed=True)
