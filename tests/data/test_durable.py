"""What must survive the loss of power is on the disk when it is said to be kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.durable import flush_folder, make_folder, write_once
from data.folder_store import FolderStore
from data.store import key_of
from workers.embedded import home as state_folder

PICTURE = b"picture"


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was flushed to the disk, in order, under the name it had then."""
    seen: list[Path] = []
    flush = os.fsync

    def noted(descriptor: int) -> None:
        seen.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    return seen


def test_a_folder_that_is_there_is_flushed(flushed: list[Path], tmp_path: Path) -> None:
    flush_folder(tmp_path)
    assert flushed == [tmp_path]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        flush_folder(tmp_path / "file")


def test_every_folder_that_was_missing_is_entered_in_the_one_above(flushed: list[Path], tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert sorted(flushed) == [tmp_path, tmp_path / "a"]


def test_a_folder_that_is_there_costs_nothing(flushed: list[Path], tmp_path: Path) -> None:
    make_folder(tmp_path)
    assert flushed == []


async def test_a_picture_is_on_the_disk_before_its_name_and_its_name_before_it_is_kept(
    flushed: list[Path], tmp_path: Path
) -> None:
    root = tmp_path / "store"
    store = FolderStore(root)
    flushed.clear()
    address = await store.put(PICTURE)
    own = (root / key_of(address)).parent
    assert [flushed[0], flushed[1].parent, *flushed[2:]] == [root, root / "incoming", own]


async def test_who_finds_a_picture_there_brings_its_name_to_the_disk_too(flushed: list[Path], tmp_path: Path) -> None:
    """The one who renamed it may have died in between."""
    root = tmp_path / "store"
    address = await FolderStore(root).put(PICTURE)
    later = FolderStore(root)
    flushed.clear()
    await later.put(PICTURE)
    assert flushed == [root, (root / key_of(address)).parent]


async def test_a_folder_that_somebody_removed_is_made_again(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    address = await store.put(PICTURE)
    (tmp_path / key_of(address)).unlink()
    (tmp_path / key_of(address)).parent.rmdir()
    assert await store.get(await store.put(PICTURE)) == PICTURE


def test_a_password_is_on_the_disk_before_the_database_learns_it(flushed: list[Path], home: Path) -> None:
    folder = home / "durable"
    state_folder.prepare(folder, None)
    assert folder / "secrets" in flushed
    assert flushed[-1] == folder


def test_a_file_is_made_whole_before_it_has_its_name(flushed: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "it"
    write_once(path, b"whole")
    assert path.read_bytes() == b"whole"
    assert [each.parent for each in flushed] == [tmp_path, tmp_path.parent]
    assert flushed[0].name.startswith(".it.")
    assert flushed[1] == tmp_path
    assert [each.name for each in tmp_path.iterdir()] == ["it"]


def test_a_file_that_is_there_is_left_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_bytes(b"first")
    with pytest.raises(FileExistsError):
        write_once(path, b"second")
    assert path.read_bytes() == b"first"
    assert [each.name for each in tmp_path.iterdir()] == ["it"]
