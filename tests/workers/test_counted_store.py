"""What the image store does is counted; what it answers stays what it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from data.errors import BlobMissing, StoreError
from data.folder_store import FolderStore
from data.store import address_of
from workers.counted_store import CountedStore
from workers.counting import Counting


class Broken(FolderStore):
    """A store whose disk fails."""

    async def put(self, data: bytes) -> str:
        raise StoreError("the disk fails")

    async def get(self, address: str) -> bytes:
        raise StoreError("the disk fails")


@pytest.fixture
def counting() -> Counting:
    return Counting(UUID(int=1))


@pytest.fixture
def store(tmp_path: Path, counting: Counting) -> CountedStore:
    return CountedStore(FolderStore(tmp_path / "store"), counting)


def told(counting: Counting) -> dict[str, float]:
    """Return counts, bytes and errors by operation."""
    short = {"seconds_count": "times", "bytes_total": "bytes", "errors_total": "errors"}
    found = {}
    for (sample, labels), value in counting.samples().items():
        kind = short.get(sample.removeprefix("marksight_store_"))
        if kind is not None:
            found[f"{labels.split(':')[1].strip('}').strip(chr(34))} {kind}"] = value
    return found


async def collected(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


async def test_reads_and_writes_are_counted_with_their_bytes(store: CountedStore, counting: Counting) -> None:
    address = await store.put(b"four")
    assert await store.get(address) == b"four"
    assert await collected(store.stream(address)) == b"four"
    with store.open(address) as file:
        assert file.read() == b"four"
    assert told(counting) == {"write times": 1, "write bytes": 4, "read times": 3, "read bytes": 8}


async def test_files_that_are_adopted_are_written(store: CountedStore, counting: Counting, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"seventy")
    await store.adopt(tmp_path / "file", address_of(b"seventy"))
    assert told(counting) == {"write times": 1, "write bytes": 7}


async def test_looks_and_removals_are_counted(store: CountedStore, counting: Counting) -> None:
    address = await store.put(b"four")
    assert await store.exists(address)
    assert await store.modified(address) is not None
    await store.delete(address)
    assert not await store.exists(address)
    assert {name: n for name, n in told(counting).items() if "write" not in name} == {
        "look times": 3, "delete times": 1,
    }  # fmt: skip


async def test_a_check_and_a_walk_are_no_work_of_ours(store: CountedStore, counting: Counting) -> None:
    await store.check()
    assert [blob async for blob in store.addresses()] == []
    assert told(counting) == {}


async def test_what_fails_is_an_error_and_is_raised(counting: Counting, tmp_path: Path) -> None:
    store = CountedStore(Broken(tmp_path), counting)
    with pytest.raises(StoreError, match="the disk fails"):
        await store.put(b"x")
    with pytest.raises(StoreError, match="the disk fails"):
        await store.get(address_of(b"x"))
    assert told(counting) == {"write errors": 1, "read errors": 1}


async def test_what_is_not_there_is_an_answer(store: CountedStore, counting: Counting) -> None:
    with pytest.raises(BlobMissing):
        await store.get(address_of(b"never"))
    with pytest.raises(BlobMissing), store.open(address_of(b"never")):
        pass
    assert told(counting) == {}


async def test_an_error_of_who_reads_is_none_of_the_store(store: CountedStore, counting: Counting) -> None:
    address = await store.put(b"four")
    with pytest.raises(ValueError, match="mine"), store.open(address):
        raise ValueError("mine")
    assert "read errors" not in told(counting)
