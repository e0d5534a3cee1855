"""A backup is there whole or not at all, and what is not as it was written is told by its name."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from data.backup_folder import LIST, MANIFEST, MARKER, BackupFolder
from data.errors import BackupDamaged, BackupError
from tests.data.backup_rows import address, made, manifest, tree


@pytest.fixture
def folder(tmp_path: Path) -> BackupFolder:
    return BackupFolder.make(tmp_path / "backups")


async def test_a_backup_is_found_again(folder: BackupFolder) -> None:
    first, second = await made(folder, b"one", second=1), await made(folder, b"one", b"two", second=2)
    again = BackupFolder.open(folder.root)
    assert again.names() == [first, second]
    found = again.manifest(second)
    assert list(again.listed(second, found)) == sorted((address(each), 3) for each in (b"one", b"two"))
    for kept in (found.blobs, found.tables[0].kept):
        again.check_file(second, kept)
    assert again.digest(second).startswith(second.split("-")[1])
    assert len(list(folder.blobs.addresses())) == 2, "what two backups need lies there once"


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(BackupError, match="holds other things"):
        BackupFolder.make(tmp_path)
    with pytest.raises(BackupError, match=r"no marksight-backups\.json"):
        BackupFolder.open(tmp_path)
    assert tree(tmp_path) == {"holiday.jpg"}


def test_a_fresh_disk_and_one_whose_first_run_was_killed_will_do(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    (tmp_path / f"{MARKER}.new").touch()
    assert BackupFolder.make(tmp_path).names() == []
    assert BackupFolder.make(tmp_path).names() == []


@pytest.mark.parametrize(
    ("said", "words"), [(b'{"format": 2}', "newer Marksight"), (b"{", "cannot be read")], ids=["newer", "damaged"]
)
def test_a_marker_that_is_not_ours_is_told(folder: BackupFolder, said: bytes, words: str) -> None:
    (folder.root / MARKER).write_bytes(said)
    for how in (BackupFolder.open, BackupFolder.make):
        with pytest.raises(BackupError, match=words):
            how(folder.root)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BackupError, match="cannot be used for backups"):
        BackupFolder.make(tmp_path / "file")


async def test_a_half_written_backup_is_none_and_goes_with_the_next(folder: BackupFolder) -> None:
    unfinished = folder.begin()
    (unfinished / MANIFEST).write_bytes(manifest().to_bytes())
    assert folder.names() == []
    name = await made(folder)
    assert not unfinished.exists()
    assert folder.names() == [name]


def test_one_writes_at_a_time_and_nobody_while_others_read(folder: BackupFolder) -> None:
    other = BackupFolder.open(folder.root)
    refused = pytest.raises(BackupError, match="now; wait")
    with folder.locked(alone=False), other.locked(alone=False), refused, folder.locked(alone=True):
        pass
    with folder.locked(alone=True), refused, other.locked(alone=False):
        pass


def rewritten(path: Path) -> None:
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps({**document, "blob_count": 7}, indent=1, sort_keys=True) + "\n")


MANIFESTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut short": (lambda path: path.write_bytes(path.read_bytes()[:-90]), "damaged or cut short"),
    "changed": (rewritten, "was changed"),
    "missing": (Path.unlink, "no manifest that can be read"),
}


@pytest.mark.parametrize(("damage", "words"), MANIFESTS.values(), ids=MANIFESTS.keys())
async def test_a_manifest_that_is_not_what_was_written_is_told(
    folder: BackupFolder, damage: Callable[[Path], object], words: str
) -> None:
    name = await made(folder)
    damage(folder.root / "backups" / name / MANIFEST)
    with pytest.raises(BackupDamaged, match=words) as caught:
        folder.manifest(name)
    assert name in str(caught.value)


@pytest.mark.parametrize("name", ["20260305T120000Z-0123456789ab", "../etc", ""])
async def test_a_backup_that_is_not_there_is_told(folder: BackupFolder, name: str) -> None:
    with pytest.raises(BackupError, match="There is no backup"):
        folder.manifest(name)


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut short": (lambda path: path.write_bytes(path.read_bytes()[:-1]), "bytes and should have"),
    "changed": (lambda path: path.write_bytes(path.read_bytes()[:-1] + b"x"), "was changed"),
    "missing": (Path.unlink, "is missing"),
}


@pytest.mark.parametrize(("damage", "words"), FILES.values(), ids=FILES.keys())
async def test_a_file_that_is_not_what_was_written_is_told(
    folder: BackupFolder, damage: Callable[[Path], object], words: str
) -> None:
    name = await made(folder, b"one")
    kept = folder.manifest(name).blobs
    damage(folder.file(name, kept))
    with pytest.raises(BackupDamaged, match=words) as caught:
        folder.check_file(name, kept)
    assert f"{name}/{LIST}" in str(caught.value)


async def test_a_list_that_holds_something_else_is_told(folder: BackupFolder) -> None:
    name = await made(folder, b"one")
    found = folder.manifest(name)
    for data in (gzip.compress(b"../../etc/passwd 3\n"), b"no gzip", gzip.compress(b"x")[:-9]):
        folder.file(name, found.blobs).write_bytes(data)
        with pytest.raises(BackupDamaged, match=LIST):
            list(folder.listed(name, found))


@pytest.mark.parametrize("name", ["../manifest.json", "/etc/passwd", ""])
async def test_a_file_that_a_manifest_names_elsewhere_is_never_opened(folder: BackupFolder, name: str) -> None:
    kept = manifest().blobs
    with pytest.raises(BackupDamaged, match="none of a backup"):
        folder.file("20260305T120000Z-0123456789ab", type(kept)(name, kept.sha256, kept.byte_count))


async def test_a_backup_goes_and_the_bytes_stay(folder: BackupFolder) -> None:
    first, second = await made(folder, b"one", second=1), await made(folder, b"two", second=2)
    folder.remove(first)
    assert folder.names() == [second]
    assert len(list(folder.blobs.addresses())) == 2
