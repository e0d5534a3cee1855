"""Anchors in a folder are whole or not there, and stay as they are."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from data.anchor_folder import AnchorFolder
from data.errors import AnchorError, AnchorTaken


@pytest.fixture
def place(tmp_path: Path) -> AnchorFolder:
    return AnchorFolder(tmp_path / "far" / "anchors")


async def test_a_folder_that_is_not_there_yet_is_empty(place: AnchorFolder) -> None:
    assert await place.numbers() == []
    assert not place.root.exists()


async def test_what_was_added_is_read_and_nothing_else_is_seen(place: AnchorFolder) -> None:
    for number in (10, 1, 2):
        await place.add(number, f"{number}".encode())
    (place.root / "notes.txt").write_text("x")
    assert await place.numbers() == [1, 2, 10]
    assert await place.read(10) == b"10"
    assert sorted(path.name for path in place.root.iterdir()) == [
        *(f"anchor-{number:010}.json" for number in (1, 2, 10)),
        "notes.txt",
    ]


async def test_an_anchor_is_for_reading_alone(place: AnchorFolder) -> None:
    await place.add(1, b"it")
    assert stat.S_IMODE((place.root / "anchor-0000000001.json").stat().st_mode) & 0o222 == 0


async def test_what_is_there_is_never_written_over(place: AnchorFolder) -> None:
    await place.add(1, b"first")
    with pytest.raises(AnchorTaken, match="Anchor 1 lies in"):
        await place.add(1, b"second")
    assert await place.read(1) == b"first"
    assert len(list(place.root.iterdir())) == 1


async def test_of_many_at_once_one_is_kept_whole(place: AnchorFolder) -> None:
    sent = [bytes([number]) * 100_000 for number in range(20)]
    came = await asyncio.gather(*(place.add(1, data) for data in sent), return_exceptions=True)
    kept = [data for data, result in zip(sent, came, strict=True) if result is None]
    assert [await place.read(1)] == kept
    assert sum(isinstance(result, AnchorTaken) for result in came) == 19


async def test_one_that_is_not_there_is_said(place: AnchorFolder) -> None:
    with pytest.raises(AnchorError, match=r"Anchor 3 cannot be read from .*: no such file"):
        await place.read(3)


async def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        place = AnchorFolder(root)
        with pytest.raises(AnchorError, match="cannot be kept") as caught:
            await place.add(1, b"x")
        assert not isinstance(caught.value, AnchorTaken)
        with pytest.raises(AnchorError, match="cannot be looked through"):
            await place.numbers()


async def test_a_folder_that_takes_nothing_is_said() -> None:
    with pytest.raises(AnchorError, match="cannot be kept in /proc/anchors"):
        await AnchorFolder(Path("/proc/anchors")).add(1, b"x")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_folder_that_is_not_ours_is_said(place: AnchorFolder) -> None:
    place.root.mkdir(parents=True, mode=0o500)
    with pytest.raises(AnchorError, match="permission denied"):
        await place.add(1, b"x")
