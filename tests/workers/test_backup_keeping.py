"""The oldest backups go with what only they needed; the newest whole one never does."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from data.backup_folder import LIST, MANIFEST, BackupFolder
from data.errors import BackupError
from tests.data.backup_rows import address, made, tree
from workers.backup_checking import check
from workers.backup_keeping import keep_newest


@pytest.fixture
def folder(tmp_path: Path) -> BackupFolder:
    return BackupFolder.make(tmp_path / "backups")


async def test_the_oldest_go_with_what_only_they_needed(folder: BackupFolder) -> None:
    names = [await made(folder, b"shared", b"of %d" % second, second=second) for second in range(4)]
    removed = keep_newest(folder, 2)
    assert (removed.names, removed.blobs, removed.byte_count, removed.remark) == (tuple(names[:2]), 2, 8, "")
    assert folder.names() == names[2:]
    assert set(folder.blobs.addresses()) == {address(each) for each in (b"shared", b"of 2", b"of 3")}
    assert all(check(folder, name, lambda *_: None).holds for name in folder.names())
    assert keep_newest(folder, 2).names == ()


async def test_what_a_cut_off_run_copied_and_nothing_needs_goes(folder: BackupFolder) -> None:
    name = await made(folder, b"needed")
    await made(folder, b"of a run that was cut off", second=1)
    folder.remove(folder.names()[-1])
    assert keep_newest(folder, 1).blobs == 1
    assert folder.names() == [name]


async def test_the_newest_whole_one_stays_whatever_came_after_it(folder: BackupFolder) -> None:
    whole = await made(folder, b"one", b"two", second=0)
    lacking = [await made(folder, b"one", second=second, lacking=1) for second in (1, 2, 3)]
    assert keep_newest(folder, 1).names == tuple(lacking[:2])
    assert folder.names() == [whole, lacking[2]]
    assert check(folder, whole, lambda *_: None).holds


async def test_none_is_no_number_of_backups_to_keep(folder: BackupFolder) -> None:
    await made(folder)
    with pytest.raises(ValueError, match="1 or more"):
        keep_newest(folder, 0)
    assert len(folder.names()) == 1


DAMAGE: dict[str, tuple[str, bytes]] = {
    "a manifest": (MANIFEST, b"{"),
    "a list": (LIST, b"none"),
    "a list that is shorter": (LIST, gzip.compress(b"")),
}


@pytest.mark.parametrize(("file", "data"), DAMAGE.values(), ids=DAMAGE.keys())
async def test_while_one_cannot_be_read_no_bytes_go(folder: BackupFolder, file: str, data: bytes) -> None:
    names = [await made(folder, b"of %d" % second, second=second) for second in range(3)]
    (folder.root / "backups" / names[2] / file).write_bytes(data)
    removed = keep_newest(folder, 1)
    assert names[2] in removed.remark
    assert "No bytes were removed" in removed.remark
    assert len(tree(folder.blobs.root)) == 3
    assert names[2] in folder.names()


async def test_nothing_goes_while_somebody_reads(folder: BackupFolder) -> None:
    names = [await made(folder, second=second) for second in range(2)]
    with BackupFolder.open(folder.root).locked(alone=False), pytest.raises(BackupError, match="now; wait"):
        keep_newest(folder, 1)
    assert folder.names() == names
