"""Anchors in a bucket that speaks S3, through obstore.

One `PUT` is whole or not there, and `If-None-Match: *` lets it write over nothing (AWS S3, MinIO and others know it).
"""

from __future__ import annotations

from typing import Self

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import ObjectStore

from data.anchors import name_of, number_at
from data.bucket_store import objects_in, words_of
from data.errors import AnchorError, AnchorTaken


class AnchorBucket:
    """Anchors in an object store of obstore's; `name` is what messages call it."""

    def __init__(self, objects: ObjectStore, name: str) -> None:
        self.name = name
        self._objects = objects

    @classmethod
    def at(cls, bucket: str, prefix: str = "", *, endpoint: str | None = None) -> Self:
        """Return the place in a bucket, under a prefix; `objects_in` says where its keys are found.

        Raises:
            AnchorError: they make no sense together.
        """
        name = f"s3://{bucket}/{prefix}".rstrip("/")
        try:
            return cls(objects_in(bucket, prefix, endpoint=endpoint), name)
        except BaseError as error:
            raise AnchorError(f"Anchors cannot be kept in {name}: {words_of(error)}") from error

    async def numbers(self) -> list[int]:
        """Return the numbers of the anchors that lie there; see `AnchorPlace.numbers`."""
        found: list[int | None] = []
        try:
            async for some in obstore.list(self._objects):
                found += [number_at(each["path"]) for each in some]
        except (BaseError, OSError) as error:
            raise AnchorError(f"The anchors in {self.name} cannot be looked through: {words_of(error)}") from error
        return sorted(number for number in found if number is not None)

    async def read(self, number: int) -> bytes:
        """Return the bytes of an anchor; see `AnchorPlace.read`."""
        try:
            found = await obstore.get_async(self._objects, name_of(number))
            return bytes(await found.bytes_async())
        except (BaseError, OSError) as error:
            raise AnchorError(f"Anchor {number} cannot be read from {self.name}: {words_of(error)}") from error

    async def add(self, number: int, data: bytes) -> None:
        """Keep an anchor; see `AnchorPlace.add`."""
        try:
            await obstore.put_async(self._objects, name_of(number), data, mode="create", use_multipart=False)
        except AlreadyExistsError as error:
            raise AnchorTaken(f"Anchor {number} lies in {self.name} already.") from error
        except (BaseError, OSError) as error:
            raise AnchorError(f"Anchors cannot be kept in {self.name}: {words_of(error)}") from error
