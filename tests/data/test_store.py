"""Both stores keep the same promises: by content, whole or not there, and nothing outside them is ever reached."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from data.bucket_store import BucketStore
from data.errors import BlobDamaged, BlobMissing, StoreError, StoreFull
from data.folder_store import ABANDONED_S, INCOMING, FolderStore
from data.store import CHUNK_BYTES, ImageStore, address_of, key_of, open_store
from tests.disks import at_most, disk_of
from tests.workers.programs import until

PICTURE = b"\x89PNG picture"
BIG = bytes(range(256)) * (CHUNK_BYTES // 128)  # two chunks
NOWHERE = "0" * 64


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ImageStore:
    return FolderStore(tmp_path / "store") if request.param == "folder" else BucketStore(MemoryStore(), "s3://test")


@pytest.fixture
def folder(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


def files(tmp_path: Path) -> list[str]:
    root = tmp_path / "store"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


async def collected(chunks: AsyncIterator[bytes]) -> list[bytes]:
    return [chunk async for chunk in chunks]


@pytest.mark.parametrize("data", [b"", b"x", PICTURE, BIG], ids=["empty", "one byte", "small", "of many chunks"])
async def test_what_was_put_is_got(store: ImageStore, data: bytes) -> None:
    address = await store.put(data)
    assert address == hashlib.sha256(data).hexdigest() == address_of(data)
    assert await store.exists(address)
    assert await store.get(address) == data
    assert b"".join(await collected(store.stream(address))) == data


async def test_equal_bytes_are_kept_once(store: ImageStore) -> None:
    assert await store.put(PICTURE) == await store.put(PICTURE)
    assert [blob.address async for blob in store.addresses()] == [address_of(PICTURE)]


async def test_equal_bytes_put_at_once_are_kept_once(folder: FolderStore, tmp_path: Path) -> None:
    addresses = await asyncio.gather(*(folder.put(PICTURE) for _ in range(20)))
    assert len(set(addresses)) == 1
    assert files(tmp_path) == [key_of(addresses[0])]


async def test_what_is_not_there_is_missing(store: ImageStore) -> None:
    assert not await store.exists(NOWHERE)
    with pytest.raises(BlobMissing):
        await store.get(NOWHERE)
    with pytest.raises(BlobMissing):
        await collected(store.stream(NOWHERE))


async def test_deleting_is_final_and_done_again_harmless(store: ImageStore) -> None:
    address = await store.put(PICTURE)
    await store.delete(address)
    await store.delete(address)
    assert not await store.exists(address)


async def test_what_was_deleted_can_be_put_again(store: ImageStore) -> None:
    await store.delete(await store.put(PICTURE))
    assert await store.get(await store.put(PICTURE)) == PICTURE


@pytest.mark.parametrize("data", [b"", PICTURE, BIG], ids=["empty", "small", "of many chunks"])
async def test_a_file_is_adopted_and_left_where_it_is(store: ImageStore, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "come"
    path.write_bytes(data)
    await store.adopt(path, address_of(data))
    assert await store.get(address_of(data)) == data
    assert path.read_bytes() == data
    path.unlink()
    assert await store.get(address_of(data)) == data


async def test_a_file_adopted_by_many_at_once_is_kept_once(folder: FolderStore, tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(10)]
    for path in paths:
        path.write_bytes(BIG)
    await asyncio.gather(*(folder.adopt(path, address_of(BIG)) for path in [*paths, paths[0]]))
    assert files(tmp_path) == [key_of(address_of(BIG))]


async def test_a_file_is_linked_to_and_not_copied(folder: FolderStore, tmp_path: Path) -> None:
    path = tmp_path / "come"
    path.write_bytes(BIG)
    await folder.adopt(path, address_of(BIG))
    assert path.stat().st_ino == (tmp_path / "store" / key_of(address_of(BIG))).stat().st_ino


async def test_a_file_of_another_file_system_is_copied(folder: FolderStore, other_disk: Path, tmp_path: Path) -> None:
    path = other_disk / "come"
    path.write_bytes(BIG)
    await folder.adopt(path, address_of(BIG))
    path.unlink()
    assert await folder.get(address_of(BIG)) == BIG
    assert files(tmp_path) == [key_of(address_of(BIG))]


async def test_a_file_that_is_not_there_cannot_be_adopted(store: ImageStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be kept"):
        await store.adopt(tmp_path / "nowhere", NOWHERE)
    assert not await store.exists(NOWHERE)


async def test_what_is_there_already_is_not_adopted_twice_but_counts_as_new(
    folder: FolderStore, tmp_path: Path
) -> None:
    address = await folder.put(PICTURE)
    kept = tmp_path / "store" / key_of(address)
    for again in ("put", "adopt"):
        os.utime(kept, (1, 1))
        before = kept.stat().st_ino
        path = tmp_path / "come"
        path.write_bytes(PICTURE)
        await (folder.put(PICTURE) if again == "put" else folder.adopt(path, address))
        assert (kept.stat().st_ino, kept.stat().st_mtime > 1) == (before, True), again


async def test_everything_in_a_store_is_listed(store: ImageStore) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    addresses = {await store.put(data): len(data) for data in (b"", PICTURE, BIG)}
    await store.check()
    found = [blob async for blob in store.addresses()]
    assert {blob.address: blob.byte_count for blob in found} == addresses
    assert all(before < blob.modified < before + timedelta(minutes=5) for blob in found)


async def test_a_store_of_many_is_listed_whole(folder: FolderStore, tmp_path: Path) -> None:
    addresses = {address_of(str(number).encode()) for number in range(2500)}
    for address in addresses:
        path = tmp_path / "store" / key_of(address)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    assert {blob.address async for blob in folder.addresses()} == addresses


async def test_what_is_none_of_the_stores_is_not_listed(folder: FolderStore, tmp_path: Path) -> None:
    root = tmp_path / "store"
    for strange in ("README", f"aa/{NOWHERE}", "00/short", f"{INCOMING}/half"):
        (root / strange).parent.mkdir(exist_ok=True)
        (root / strange).write_bytes(b"x")
    assert [blob async for blob in folder.addresses()] == []


async def test_a_store_that_cannot_be_looked_through_says_so(folder: FolderStore, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "store")
    with pytest.raises(StoreError, match="cannot be looked through"):
        [blob async for blob in folder.addresses()]


async def test_a_stream_comes_in_chunks(store: ImageStore) -> None:
    chunks = await collected(store.stream(await store.put(BIG)))
    assert b"".join(chunks) == BIG
    assert all(chunks)


def open_files() -> set[Path]:
    """What this process has open."""
    return {link.readlink() for link in Path("/proc/self/fd").iterdir() if link.exists()}


async def test_whoever_leaves_while_a_picture_is_opened_leaves_nothing_open(
    folder: FolderStore, tmp_path: Path
) -> None:
    pipe = tmp_path / "store" / key_of(NOWHERE)
    pipe.parent.mkdir()
    os.mkfifo(pipe)  # opening it waits for whoever writes
    reading = asyncio.create_task(collected(folder.stream(NOWHERE)))
    await asyncio.sleep(0.05)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert reading.cancelled()
    writer = await asyncio.to_thread(os.open, pipe, os.O_WRONLY)  # which waits until the reader has opened it
    os.close(writer)
    await until(lambda: pipe not in open_files())


async def test_a_disk_that_fails_is_told_from_a_picture_that_is_missing(folder: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "store" / key_of(NOWHERE)).mkdir(parents=True)
    for attempt in (folder.get(NOWHERE), collected(folder.stream(NOWHERE))):
        with pytest.raises(StoreError, match="cannot be read: is a directory"):
            await attempt


async def test_a_store_that_works_says_so(folder: FolderStore, tmp_path: Path) -> None:
    await folder.check()
    assert files(tmp_path) == []


async def test_a_bucket_that_works_says_so() -> None:
    objects = MemoryStore()
    for _ in range(2):
        await BucketStore(objects, "s3://test").check()
    assert [each["path"] for some in objects.list() for each in some] == ["check"]


async def test_a_store_that_does_not_work_says_so(folder: FolderStore, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "store")
    with pytest.raises(StoreError, match=r"Nothing can be written to .*: no such file"):
        await folder.check()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "..",
        "../../etc/passwd",
        "/etc/passwd",
        "ab/../../x",
        "A" * 64,
        "0" * 63,
        "0" * 65,
        "0" * 64 + "\n",
        "0" * 62 + "/.",
        "％" * 64,
        "٠" * 64,
    ],
)
async def test_nothing_but_an_address_is_looked_up(store: ImageStore, address: str) -> None:
    for attempt in (store.get(address), store.exists(address), store.delete(address), collected(store.stream(address))):
        with pytest.raises(BlobMissing, match="is no address"):
            await attempt


async def test_damaged_bytes_are_not_handed_out(folder: FolderStore, tmp_path: Path) -> None:
    address = await folder.put(PICTURE)
    (tmp_path / "store" / key_of(address)).write_bytes(b"x" * len(PICTURE))
    with pytest.raises(BlobDamaged):
        await folder.get(address)


async def test_a_file_cut_short_is_written_anew(folder: FolderStore, tmp_path: Path) -> None:
    address = await folder.put(PICTURE)
    (tmp_path / "store" / key_of(address)).write_bytes(b"")
    await folder.put(PICTURE)
    assert await folder.get(address) == PICTURE


async def test_what_does_not_fit_leaves_nothing_behind(folder: FolderStore, tmp_path: Path) -> None:
    with at_most(CHUNK_BYTES), pytest.raises(StoreFull, match="cannot be kept"):
        await folder.put(BIG)
    assert files(tmp_path) == []
    assert await folder.put(BIG) == address_of(BIG), "with room again, it is kept"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with disk_of(64 << 10, tmp_path / "disk") as disk:
        yield disk


@pytest.fixture
def other_disk(small_disk: Path) -> Path:
    """Another file system, of which a file is not linked to."""
    subprocess.run(("mount", "-o", "remount,size=8m", str(small_disk)), check=True)
    return small_disk


async def test_a_full_disk_adopts_nothing_and_leaves_nothing_behind(small_disk: Path, tmp_path: Path) -> None:
    store, path = FolderStore(small_disk / "store"), tmp_path / "come"
    path.write_bytes(BIG)
    with pytest.raises(StoreFull, match="no space left"):
        await store.adopt(path, address_of(BIG))
    assert files(small_disk) == []
    assert path.read_bytes() == BIG


async def test_a_full_disk_says_so_and_leaves_nothing_behind(small_disk: Path) -> None:
    store = FolderStore(small_disk / "store")
    address = await store.put(PICTURE)
    with pytest.raises(StoreFull, match="no space left"):
        await store.put(BIG)
    assert files(small_disk) == [key_of(address)]
    await store.check()
    (small_disk / "rest").write_bytes(bytes(44 << 10))
    with pytest.raises(StoreFull):
        await store.put(bytes(32 << 10))


async def test_what_a_crash_left_is_removed_once_it_is_old(folder: FolderStore, tmp_path: Path) -> None:
    incoming = tmp_path / "store" / INCOMING
    old, new = incoming / "old", incoming / "new"
    for path in (old, new):
        path.write_bytes(b"half")
    before = old.stat().st_mtime - ABANDONED_S - 1
    os.utime(old, (before, before))
    FolderStore(tmp_path / "store")
    assert files(tmp_path) == [f"{INCOMING}/new"]


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be used: not a directory"):
        FolderStore(tmp_path / "file" / "store")


async def test_a_bucket_that_is_away_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    store = open_store("s3://pictures?endpoint=http://127.0.0.1:1")
    with pytest.raises(StoreError, match="cannot be kept in s3://pictures") as refusal:
        await store.put(PICTURE)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("url", ["", "store", "ftp://host/x", "file://otherhost/x", "s3:///x"])
def test_other_stores_are_refused(url: str) -> None:
    with pytest.raises(StoreError, match="file:///folder or s3://bucket/prefix"):
        open_store(url)


def test_a_folder_is_opened_by_its_url(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    assert isinstance(open_store(folder.as_uri()), FolderStore)
    assert folder.is_dir()


def test_a_bucket_is_opened_by_its_url() -> None:
    assert isinstance(open_store("s3://pictures/plant-1?endpoint=http://127.0.0.1:9000"), BucketStore)


async def test_bytes_are_read_here_and_there(store: ImageStore) -> None:
    address = await store.put(b"0123456789")
    with store.open(address) as found:
        found.seek(-2, 2)
        assert found.read() == b"89"
        found.seek(3)
        assert found.read(2) == b"34"
    with pytest.raises(BlobMissing), store.open("0" * 64):
        pass
