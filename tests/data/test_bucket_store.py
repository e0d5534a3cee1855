"""The bucket store against a real server that speaks S3."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data import bucket_store
from data.bucket_store import PART_BYTES, BucketStore
from data.errors import BlobMissing, StoreError
from data.store import address_of
from tests.bucket_server import BUCKET, KEYS, Bucket
from workers.claim import free_port

PICTURE = b"picture" * 200_000


@pytest.fixture(scope="module")
async def endpoint() -> AsyncIterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        server = Bucket(free_port("127.0.0.1", 0))
        await server.start()
        yield server.endpoint
        await server.end()


@pytest.fixture
def store(endpoint: str) -> BucketStore:
    return BucketStore.at(BUCKET, "plant-1", endpoint=endpoint)


async def test_what_was_put_is_got(store: BucketStore) -> None:
    address = await store.put(PICTURE)
    assert address == await store.put(PICTURE) == address_of(PICTURE)
    assert await store.get(address) == PICTURE
    assert b"".join([chunk async for chunk in store.stream(address)]) == PICTURE


async def test_prefixes_are_kept_apart(store: BucketStore, endpoint: str) -> None:
    address = await store.put(PICTURE)
    assert await store.exists(address)
    assert not await BucketStore.at(BUCKET, "plant-2", endpoint=endpoint).exists(address)
    assert not await BucketStore.at(BUCKET, endpoint=endpoint).exists(address)


async def test_deleting_is_final_and_done_again_harmless(store: BucketStore) -> None:
    address = await store.put(b"short-lived")
    await store.delete(address)
    await store.delete(address)
    assert not await store.exists(address)
    with pytest.raises(BlobMissing):
        await store.get(address)


async def test_a_bucket_that_works_says_so_and_one_that_is_not_there_too(store: BucketStore, endpoint: str) -> None:
    await store.check()
    with pytest.raises(StoreError, match="s3://nobody-made-it"):
        await BucketStore.at("nobody-made-it", endpoint=endpoint).check()


async def test_bytes_are_read_here_and_there(store: BucketStore) -> None:
    data = bytes(range(256)) * 9000
    address = await store.put(data)

    def read() -> list[bytes]:
        with store.open(address) as found:
            found.seek(-4, io.SEEK_END)
            end = found.read()
            found.seek(1_000_000)
            return [end, found.read(8), found.read(1)]

    assert await asyncio.to_thread(read) == [data[-4:], data[1_000_000:1_000_008], data[1_000_008:1_000_009]]
    with pytest.raises(BlobMissing), store.open("0" * 64):
        pass


@pytest.mark.parametrize(
    "byte_count",
    [0, 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES + 12_345],
    ids=["empty", "one", "a part", "more", "many"],
)
async def test_a_file_is_adopted_in_parts_and_left_where_it_is(
    store: BucketStore, tmp_path: Path, byte_count: int
) -> None:
    data = os.urandom(byte_count)
    path = tmp_path / "come"
    path.write_bytes(data)
    await store.adopt(path, address_of(data))
    await store.adopt(path, address_of(data))
    assert await store.get(address_of(data)) == data
    assert path.read_bytes() == data


async def test_a_file_adopted_by_many_at_once_is_whole(store: BucketStore, tmp_path: Path) -> None:
    data = os.urandom(2 * PART_BYTES)
    path = tmp_path / "come"
    path.write_bytes(data)
    await asyncio.gather(*(store.adopt(path, address_of(data)) for _ in range(4)))
    assert await store.get(address_of(data)) == data


async def test_a_file_that_cannot_be_adopted_leaves_nothing(endpoint: str, tmp_path: Path) -> None:
    store = BucketStore.at("nobody-made-it", endpoint=endpoint)
    path = tmp_path / "come"
    path.write_bytes(bytes(2 * PART_BYTES))
    with pytest.raises(StoreError, match="cannot be kept in s3://nobody-made-it"):
        await store.adopt(path, address_of(path.read_bytes()))
    assert path.stat().st_size == 2 * PART_BYTES


async def test_everything_under_a_prefix_is_listed_and_nothing_else(endpoint: str) -> None:
    store = BucketStore.at(BUCKET, "listed", endpoint=endpoint)
    await BucketStore.at(BUCKET, "elsewhere", endpoint=endpoint).put(b"another prefix")
    addresses = {await store.put(str(number).encode()): len(str(number)) for number in range(60)}
    await store.check()
    found = [blob async for blob in store.addresses()]
    assert {blob.address: blob.byte_count for blob in found} == addresses
    assert all(abs(blob.modified - datetime.now(UTC)) < timedelta(minutes=5) for blob in found)


async def test_what_lies_there_and_is_old_is_sent_again_to_be_young(
    endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = BucketStore.at(BUCKET, "ageing", endpoint=endpoint)
    path = tmp_path / "come"
    path.write_bytes(b"old")

    async def modified() -> list[datetime]:
        return [blob.modified async for blob in store.addresses()]

    await store.adopt(path, address_of(b"old"))
    first = await modified()
    await asyncio.sleep(1.1)  # S3 tells whole seconds
    await store.adopt(path, address_of(b"old"))
    assert await modified() == first, "it is fresh"
    monkeypatch.setattr(bucket_store, "FRESH", timedelta(0))
    await store.adopt(path, address_of(b"old"))
    assert await modified() > first


async def test_a_bucket_that_is_not_there_cannot_be_looked_through(endpoint: str) -> None:
    with pytest.raises(StoreError, match="cannot be looked through"):
        [blob async for blob in BucketStore.at("nobody-made-it", endpoint=endpoint).addresses()]
