"""Checking names everything that is wrong, and goes on behind each of them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from data.backup_folder import BackupFolder
from data.errors import BackupDamaged, BackupError
from tests.data.backup_rows import address, made
from workers.backup_checking import check, check_rows


@pytest.fixture
def folder(tmp_path: Path) -> BackupFolder:
    return BackupFolder.make(tmp_path / "backups")


async def test_a_whole_one_holds_and_is_told_of(folder: BackupFolder) -> None:
    name, heard = await made(folder, b"one", b"two"), []
    found = check(folder, name, lambda *told: heard.append(told))
    assert (found.holds, found.files, found.blobs) == (True, 2, 2)
    assert heard[-1] == ("Pictures", 2, 2)


async def test_several_faults_are_all_named(folder: BackupFolder) -> None:
    name = await made(folder, b"one", b"two", b"three")
    folder.blobs.path(address(b"one")).unlink()
    folder.blobs.path(address(b"two")).write_bytes(b"TWO")
    folder.file(name, folder.manifest(name).tables[0].kept).unlink()
    found = check(folder, name, lambda *_: None)
    assert len(found.faults) == 3
    for part in ("lots.copy.gz is missing", f"{address(b'one')} is missing", f"{address(b'two')} was changed"):
        assert any(part in fault for fault in found.faults), part


async def test_a_damaged_list_is_named_once(folder: BackupFolder) -> None:
    name = await made(folder, b"one")
    folder.file(name, folder.manifest(name).blobs).write_bytes(gzip.compress(b""))
    (fault,) = check(folder, name, lambda *_: None).faults
    assert "blobs.txt.gz" in fault


async def test_one_that_lacks_pictures_holds(folder: BackupFolder) -> None:
    assert check(folder, await made(folder, b"one", lacking=2), lambda *_: None).holds


async def test_one_that_is_not_there_is_an_error(folder: BackupFolder) -> None:
    with pytest.raises(BackupError, match="There is no backup"):
        check(folder, "20260305T120000Z-0123456789ab", lambda *_: None)


async def test_the_tables_are_checked_before_anything_is_put_back(folder: BackupFolder) -> None:
    name = await made(folder, b"one")
    manifest = folder.manifest(name)
    check_rows(folder, name, manifest)
    folder.blobs.path(address(b"one")).unlink()
    check_rows(folder, name, manifest)
    folder.file(name, manifest.tables[0].kept).write_bytes(b"")
    with pytest.raises(BackupDamaged, match=r"lots\.copy\.gz has 0 bytes"):
        check_rows(folder, name, manifest)
