"""Incoming files: one receiver at a time, bytes that outlive it, and nothing that was not checked counts."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from data import incoming as module
from data.errors import StoreError, StoreFull, UploadBusy
from data.folder_store import FolderStore
from data.incoming import BUFFER_BYTES, MARKER, Incoming, IncomingFile
from tests.conftest import ROOT

DATA = bytes(range(256)) * 8192  # two buffers
FILE = UUID(int=7)


@pytest.fixture
def incoming(tmp_path: Path) -> Incoming:
    return Incoming(tmp_path / "incoming", reserve_bytes=0)


async def sent(incoming: Incoming, data: bytes, *, sync: bool = True) -> None:
    async with incoming.receiving(FILE) as file:
        await file.write(data)
        if sync:
            await file.sync()


@pytest.mark.parametrize("size", [0, 1, BUFFER_BYTES - 1, BUFFER_BYTES, BUFFER_BYTES + 1, len(DATA)])
async def test_what_was_written_and_synced_lies_there(incoming: Incoming, size: int) -> None:
    async with incoming.receiving(FILE) as file:
        for start in range(0, size, 65536):
            await file.write(DATA[start : min(start + 65536, size)])
        await file.sync()
        assert file.offset == size
        assert await file.digest() == hashlib.sha256(DATA[:size]).hexdigest()
    assert await incoming.length(FILE) == size
    assert incoming.path(FILE).read_bytes() == DATA[:size]


async def test_what_never_came_is_of_no_length(incoming: Incoming) -> None:
    assert await incoming.length(FILE) == 0
    await incoming.remove(FILE)
    assert await incoming.entries() == []


async def test_a_receiver_goes_on_behind_what_came_before(incoming: Incoming) -> None:
    await sent(incoming, DATA[:1000])
    async with incoming.receiving(FILE) as file:
        assert file.offset == 1000
        await file.write(DATA[1000:])
        assert await file.digest() == hashlib.sha256(DATA).hexdigest(), "read again from the disk"
    assert incoming.path(FILE).read_bytes() == DATA


async def test_only_one_at_a_time_receives_a_file(incoming: Incoming) -> None:
    async with incoming.receiving(FILE):
        with pytest.raises(UploadBusy):
            async with incoming.receiving(FILE):
                """Never here."""
        async with incoming.receiving(uuid4()):
            """Another file is free."""
    async with incoming.receiving(FILE):
        """And this one is, now."""


async def test_who_is_second_may_wait(incoming: Incoming) -> None:
    order = []

    async def first() -> None:
        async with incoming.receiving(FILE):
            await asyncio.sleep(0.05)
            order.append("first")

    async def second() -> None:
        async with incoming.receiving(FILE, wait_s=30):
            order.append("second")

    begun = asyncio.create_task(first())
    await asyncio.sleep(0.01)
    await asyncio.gather(begun, second())
    assert order == ["first", "second"]


async def test_who_waited_for_a_file_that_was_removed_gets_a_new_one(incoming: Incoming) -> None:
    async def first() -> None:
        async with incoming.receiving(FILE) as file:
            await file.write(DATA)
            await asyncio.sleep(0.05)
            await file.remove()

    begun = asyncio.create_task(first())
    await asyncio.sleep(0.02)
    async with incoming.receiving(FILE, wait_s=30) as file:
        assert file.offset == 0
        await file.write(b"new")
        await file.sync()
    await begun
    assert incoming.path(FILE).read_bytes() == b"new"


def test_a_lock_on_a_file_that_was_replaced_is_none(tmp_path: Path) -> None:
    path = tmp_path / "come"
    with path.open("wb") as opened:
        assert module._locked(opened.fileno(), path)
    with path.open("wb") as opened:
        path.unlink()
        assert not module._locked(opened.fileno(), path)
        path.write_bytes(b"another's")
        assert not module._locked(opened.fileno(), path)


HOLD = """
import asyncio, sys
from pathlib import Path
from uuid import UUID
from data.incoming import Incoming

async def main():
    async with Incoming(Path(sys.argv[1]), reserve_bytes=0).receiving(UUID(int=7)) as file:
        if len(sys.argv) > 2:
            await file.check_from()
        await file.write(b"x" * 5_000_000)
        await file.sync()
        print("written", flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def held(incoming: Incoming, *options: str) -> asyncio.subprocess.Process:
    """Return another process that holds the file, and has written 5 MB to it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLD, str(incoming.root), *options), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    assert await process.stdout.readline() == b"written\n"
    return process


async def test_another_process_keeps_a_file_until_it_is_killed(incoming: Incoming) -> None:
    process = await held(incoming)
    with pytest.raises(UploadBusy):
        async with incoming.receiving(FILE):
            """Never here."""
    process.send_signal(signal.SIGKILL)
    await process.wait()
    async with incoming.receiving(FILE) as file:
        assert file.offset == 5_000_000


async def test_what_was_not_checked_when_its_process_was_killed_does_not_count(incoming: Incoming) -> None:
    await sent(incoming, b"checked before")
    process = await held(incoming, "checked")
    assert incoming.path(FILE).stat().st_size > 5_000_000
    assert await incoming.length(FILE) == len(b"checked before")
    process.send_signal(signal.SIGKILL)
    await process.wait()
    async with incoming.receiving(FILE) as file:
        assert file.offset == len(b"checked before")
        await file.write(b", and after")
        await file.sync()
    assert incoming.path(FILE).read_bytes() == b"checked before, and after"


async def test_what_was_checked_counts(incoming: Incoming) -> None:
    async with incoming.receiving(FILE) as file:
        await file.check_from()
        await file.write(DATA)
        await file.sync()
        assert await incoming.length(FILE) == 0
        await file.checked()
    assert await incoming.length(FILE) == len(DATA)


@pytest.mark.parametrize("told", ["", "x", "-1", "1 2"])
async def test_a_marker_that_cannot_be_read_lets_nothing_count(incoming: Incoming, told: str) -> None:
    await sent(incoming, DATA)
    path = incoming.path(FILE)
    path.with_name(path.name + MARKER).write_text(told)
    assert await incoming.length(FILE) == 0
    async with incoming.receiving(FILE) as file:
        assert file.offset == 0


async def test_a_marker_beyond_the_end_changes_nothing(incoming: Incoming) -> None:
    await sent(incoming, DATA)
    path = incoming.path(FILE)
    path.with_name(path.name + MARKER).write_text(str(len(DATA) + 1))
    async with incoming.receiving(FILE) as file:
        assert file.offset == len(DATA)


async def test_what_is_cut_is_gone(incoming: Incoming) -> None:
    async with incoming.receiving(FILE) as file:
        await file.write(DATA)
        await file.sync()
        await file.write(b"in the buffer")
        await file.cut(10)
        assert file.offset == 10
        await file.write(b"!")
        assert await file.digest() == hashlib.sha256(DATA[:10] + b"!").hexdigest()
    assert incoming.path(FILE).read_bytes() == DATA[:10] + b"!"


async def test_what_the_store_has_adopted_is_never_written_again(incoming: Incoming, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    async with incoming.receiving(FILE) as file:
        await file.write(DATA)
        address = await file.digest()
        await store.adopt(file.path, address)
        await file.restart()
        await file.write(b"something else")
        await file.sync()
        with pytest.raises(UploadBusy):
            async with incoming.receiving(FILE):
                """The new file is held as the old one was."""
    assert await store.get(address) == DATA
    assert incoming.path(FILE).read_bytes() == b"something else"


async def test_a_restart_forgets_what_came(incoming: Incoming) -> None:
    await sent(incoming, DATA)
    async with incoming.receiving(FILE) as file:
        await file.restart()
        assert (file.offset, await file.digest()) == (0, hashlib.sha256().hexdigest())


async def test_what_is_removed_is_gone_with_its_marker(incoming: Incoming) -> None:
    async with incoming.receiving(FILE) as file:
        await file.check_from()
    await incoming.remove(FILE)
    assert list(incoming.root.iterdir()) == []


async def test_files_are_listed_and_nothing_else(incoming: Incoming) -> None:
    await sent(incoming, DATA[:5])
    (incoming.root / "a stranger").write_bytes(b"x")
    incoming.path(FILE).with_name(incoming.path(FILE).name + MARKER).write_text("3")
    (entry,) = await incoming.entries()
    assert (entry.file_id, entry.byte_count) == (FILE, 3)
    assert entry.modified.timestamp() == pytest.approx(incoming.path(FILE).stat().st_mtime)


async def test_a_file_let_go_takes_no_more(incoming: Incoming) -> None:
    async with incoming.receiving(FILE) as file:
        kept: IncomingFile = file
    await kept.write(b"x")
    with pytest.raises(StoreError, match="let go"):
        await kept.sync()


async def test_a_receiver_that_is_cancelled_while_it_writes_lets_go_cleanly(incoming: Incoming) -> None:
    async def receive() -> None:
        async with incoming.receiving(FILE) as file:
            while True:
                await file.write(DATA)

    for _ in range(20):
        task = asyncio.create_task(receive())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with incoming.receiving(FILE, wait_s=5) as file:
            assert file.offset % len(DATA) % BUFFER_BYTES == 0
            await file.restart()


async def test_room_is_left_on_the_disk(tmp_path: Path) -> None:
    greedy = Incoming(tmp_path / "incoming", reserve_bytes=2**60)
    with pytest.raises(StoreFull, match="no room for 5 bytes"):
        await greedy.check_room(5)
    async with greedy.receiving(FILE) as file:
        await file.write(DATA[:5])
        with pytest.raises(StoreFull):
            await file.sync()
        assert file.offset == 0


async def test_a_long_file_is_synced_on_its_way(incoming: Incoming, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SYNC_BYTES", 2 * BUFFER_BYTES)
    synced: list[int] = []
    real = os.fdatasync
    monkeypatch.setattr(
        os, "fdatasync", lambda descriptor: (synced.append(os.fstat(descriptor).st_size), real(descriptor))
    )
    async with incoming.receiving(FILE) as file:
        for _ in range(4):
            await file.write(DATA)
        assert synced == [len(DATA) * number for number in (1, 2, 3, 4)]


async def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be kept"):
        async with Incoming(tmp_path / "file" / "incoming").receiving(FILE):
            """Never here."""


@pytest.fixture(autouse=True)
def no_descriptor_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    targets = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            targets.append(str(link.readlink()))
    assert [target for target in targets if target.startswith(str(tmp_path))] == []
