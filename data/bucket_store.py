"""The image store in a bucket that speaks S3 (AWS, MinIO, ...), through obstore.

1. One `PUT` is whole or not there, and is durable when it is answered. Pictures are bounded
   (`MARKSIGHT_MAX_IMAGE_BYTES`), so none needs to be sent in parts.
2. A file of any size is sent in parts, a few at a time in memory. It is there when the last request says so; what fails
   is called off. Parts that a killed process left are for the bucket's own rule (`AbortIncompleteMultipartUpload`).
3. An object cannot be made younger, so one that is stored again and is not `FRESH` is sent again.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, S3Store

from data.errors import BlobDamaged, BlobMissing, StoreError
from data.store import CHUNK_BYTES, FRESH, Blob, address_at, address_of, key_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from obstore import ObjectMeta  # only for checking types: it is not there at run time

MAX_RETRIES = 5
RETRY_TIMEOUT = timedelta(seconds=20)
PART_BYTES = 8 << 20
PARTS_AT_ONCE = 4
MAX_PARTS = 10_000
"""As many as S3 takes of one object."""


class BucketStore:
    """Pictures in an object store of obstore's; `name` is what messages call it."""

    def __init__(self, objects: ObjectStore, name: str) -> None:
        self._objects = objects
        self._name = name

    @classmethod
    def at(cls, bucket: str, prefix: str = "", *, endpoint: str | None = None) -> Self:
        """Return the store in a bucket, under a prefix; `objects_in` says where its keys are found.

        Raises:
            StoreError: they make no sense together.
        """
        name = f"s3://{bucket}/{prefix}".rstrip("/")
        try:
            objects = objects_in(bucket, prefix, endpoint=endpoint)
        except BaseError as error:
            raise StoreError(f"The image store {name} cannot be used: {words_of(error)}") from error
        return cls(objects, name)

    async def put(self, data: bytes) -> str:
        """Keep bytes and return their address; see `ImageStore.put`."""
        address = address_of(data)
        try:
            if not await self._holds_fresh(address, len(data)):
                await obstore.put_async(self._objects, key_of(address), data, use_multipart=False)
        except (BaseError, OSError) as error:
            raise StoreError(f"The picture cannot be kept in {self._name}: {words_of(error)}") from error
        return address

    async def adopt(self, path: Path, address: str) -> None:
        """Keep the bytes of a file; see `ImageStore.adopt`."""
        try:
            byte_count = (await asyncio.to_thread(path.stat)).st_size
            if not await self._holds_fresh(address, byte_count):
                await obstore.put_async(
                    self._objects,
                    key_of(address),
                    path,
                    use_multipart=byte_count > PART_BYTES,
                    chunk_size=max(PART_BYTES, byte_count // (MAX_PARTS - 1) + 1),
                    max_concurrency=PARTS_AT_ONCE,
                )
        except (BaseError, OSError) as error:
            raise StoreError(f"The file cannot be kept in {self._name}: {words_of(error)}") from error

    async def get(self, address: str) -> bytes:
        """Return the bytes at an address; see `ImageStore.get`."""
        data = b"".join([chunk async for chunk in self.stream(address)])
        if address_of(data) != address:
            raise BlobDamaged(f"The picture {address} in {self._name} is damaged.")
        return data

    async def stream(self, address: str) -> AsyncIterator[bytes]:
        """Yield the bytes at an address; see `ImageStore.stream`."""
        try:
            found = await obstore.get_async(self._objects, key_of(address))
            async for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
                yield bytes(chunk)
        except FileNotFoundError:
            raise BlobMissing(f"There is no picture {address} in {self._name}.") from None
        except (BaseError, OSError) as error:
            raise StoreError(f"The picture {address} cannot be read from {self._name}: {words_of(error)}") from error

    @contextmanager
    def open(self, address: str) -> Iterator[BinaryIO]:
        """Open the bytes at an address; see `ImageStore.open`."""
        try:
            found = obstore.open_reader(self._objects, key_of(address), buffer_size=CHUNK_BYTES)
            yield io.BufferedReader(_Reading(found))
        except FileNotFoundError:
            raise BlobMissing(f"There is no picture {address} in {self._name}.") from None
        except BaseError as error:
            raise StoreError(f"The picture {address} cannot be read from {self._name}: {words_of(error)}") from error

    async def exists(self, address: str) -> bool:
        """Tell whether bytes lie at an address."""
        try:
            return await self._found(address) is not None
        except (BaseError, OSError) as error:
            raise StoreError(f"{self._name} cannot be asked: {words_of(error)}") from error

    async def modified(self, address: str) -> datetime | None:
        """Return when the bytes at an address were stored last; see `ImageStore.modified`."""
        try:
            found = await self._found(address)
        except (BaseError, OSError) as error:
            raise StoreError(f"{self._name} cannot be asked: {words_of(error)}") from error
        return found["last_modified"] if found is not None else None

    async def delete(self, address: str) -> None:
        """Remove the bytes at an address; nothing there is no error."""
        try:
            with suppress(FileNotFoundError):
                await obstore.delete_async(self._objects, key_of(address))
        except (BaseError, OSError) as error:
            raise StoreError(f"The picture {address} cannot be removed from {self._name}: {words_of(error)}") from error

    async def addresses(self) -> AsyncIterator[Blob]:
        """Yield everything that lies in the store; see `ImageStore.addresses`."""
        try:
            async for found in obstore.list(self._objects):
                for each in found:
                    address = address_at(each["path"])
                    if address is not None:
                        yield Blob(address, each["last_modified"], each["size"])
        except (BaseError, OSError) as error:
            raise StoreError(f"{self._name} cannot be looked through: {words_of(error)}") from error

    async def check(self) -> None:
        """Keep a few bytes, the same every time; see `ImageStore.check`."""
        try:
            await obstore.put_async(self._objects, "check", b"marksight", use_multipart=False)
        except (BaseError, OSError) as error:
            raise StoreError(f"Nothing can be written to {self._name}: {words_of(error)}") from error

    async def _holds_fresh(self, address: str, byte_count: int) -> bool:
        """Tell whether such bytes lie there whole, and young enough for nobody to collect them now."""
        found = await self._found(address)
        return found is not None and found["size"] == byte_count and datetime.now(UTC) - found["last_modified"] < FRESH

    async def _found(self, address: str) -> ObjectMeta | None:
        try:
            return await obstore.head_async(self._objects, key_of(address))
        except FileNotFoundError:
            return None


class _Reading(io.RawIOBase):
    """obstore's reader as Python's own, which knows bytes and nothing else."""

    def __init__(self, found: obstore.ReadableFile) -> None:
        self._found = found

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._found.seek(offset, whence)

    def tell(self) -> int:
        return self._found.tell()

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        data = bytes(self._found.read(len(view)))
        view[: len(data)] = data
        return len(data)


def objects_in(bucket: str, prefix: str = "", *, endpoint: str | None = None) -> S3Store:
    """Return a bucket of obstore's, under a prefix.

    Keys, region and, without `endpoint`, the endpoint too are found where programs of S3 look for them
    (`AWS_ACCESS_KEY_ID`, `AWS_REGION`, `AWS_ENDPOINT_URL`, ...).

    Raises:
        BaseError: they make no sense together.
    """
    return S3Store(
        bucket,
        prefix=prefix or None,
        config={"endpoint": endpoint} if endpoint else {},
        client_options={"allow_http": bool(endpoint and endpoint.startswith("http://"))},
        retry_config={"max_retries": MAX_RETRIES, "retry_timeout": RETRY_TIMEOUT},
    )


def words_of(error: Exception) -> str:
    """Return what obstore says first; the pages of debugging behind it are in the traceback."""
    return str(error).split("\n", 1)[0].rstrip(" .") + "."
