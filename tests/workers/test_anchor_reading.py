"""Anchors are read for verification: each head once, and none of those that are not as they were written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.audit_anchor import Anchor, digest_of
from core.audit_chain import START
from data.anchor_folder import AnchorFolder
from data.anchors import name_of
from data.errors import AnchorError
from workers.anchor_notes import AnchorNotes
from workers.anchor_reading import AnchorsRead, read_path, read_place
from workers.auditing import Anchored

AT = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
H = [bytes([number]) * 32 for number in range(9)]
HEADS = (
    {("lots", 0): (2, H[2])},
    {("lots", 0): (2, H[2]), ("sites", 0): (1, H[1])},
    {("lots", 0): (5, H[5]), ("sites", 0): (1, H[1])},
)


@pytest.fixture
async def place(tmp_path: Path) -> AnchorFolder:
    made, before = AnchorFolder(tmp_path / "anchors"), START
    for number, heads in enumerate(HEADS, 1):
        data = Anchor(number, AT.replace(hour=number), "marksight", "7", number, before, heads).to_bytes()
        await made.add(number, data)
        before = digest_of(data)
    return made


def put(place: AnchorFolder, number: int, data: bytes) -> None:
    path = place.root / name_of(number)
    path.unlink()
    path.write_bytes(data)


def kinds(found: AnchorsRead) -> list[tuple[str, int]]:
    return [(each.kind, each.number) for each in found.faults]


async def test_each_head_is_read_once_with_the_first_that_names_it(place: AnchorFolder) -> None:
    found = await read_place(place)
    first, second, third = (f"anchor {number} of 2026-03-05T0{number}:00:00.000000Z" for number in (1, 2, 3))
    assert list(found.anchored) == [
        Anchored("lots", 0, 2, H[2], first),
        Anchored("sites", 0, 1, H[1], second),
        Anchored("lots", 0, 5, H[5], third),
    ]
    assert (found.place, found.count, found.of, found.faults) == (place.name, 3, [("marksight", "7")], [])


async def test_both_hashes_of_one_position_are_read(place: AnchorFolder) -> None:
    before = digest_of((place.root / name_of(2)).read_bytes())
    put(place, 3, Anchor(3, AT, "marksight", "7", 3, before, {("lots", 0): (2, H[8])}).to_bytes())
    assert [each.hash for each in (await read_place(place)).anchored if each.relation == "lots"] == [H[2], H[8]]


async def test_one_that_was_changed_says_nothing(place: AnchorFolder) -> None:
    put(place, 2, Anchor(2, AT, "marksight", "7", 2, START, {("lots", 0): (2, H[8])}).to_bytes())
    found = await read_place(place)
    assert H[8] not in {each.hash for each in found.anchored}
    assert kinds(found) == [("changed", 1), ("changed", 2)]


async def test_without_anchors_there_is_nothing_to_say(tmp_path: Path) -> None:
    found = await read_place(AnchorFolder(tmp_path / "none"))
    assert (found.count, list(found.anchored), found.faults, found.of) == (0, [], [], [])


async def test_what_was_written_from_here_must_be_there(place: AnchorFolder) -> None:
    written = digest_of((place.root / name_of(3)).read_bytes()).hex()
    fits = AnchorNotes(place.name, 3, written)
    assert kinds(await read_place(place, fits)) == []
    assert kinds(await read_place(place, replace(fits, sha256="00"))) == [("changed", 3)]
    assert kinds(await read_place(place, replace(fits, number=4))) == [("missing", 4)]
    assert kinds(await read_place(place, replace(fits, number=4, place="elsewhere"))) == []
    (place.root / name_of(3)).unlink()
    assert kinds(await read_place(place, fits)) == [("missing", 3)]


async def test_one_in_the_middle_is_told_missing_once(place: AnchorFolder) -> None:
    (place.root / name_of(2)).unlink()
    assert kinds(await read_place(place, AnchorNotes(place.name, 2, "00"))) == [("missing", 2)]


async def test_a_folder_and_a_file_are_read_by_their_path(place: AnchorFolder) -> None:
    assert (await read_path(place.root)).count == 3
    one = await read_path(place.root / name_of(2))
    assert [(each.relation, each.position) for each in one.anchored] == [("lots", 2), ("sites", 1)]
    assert (one.count, one.faults, one.of) == (1, [], [("marksight", "7")])


async def test_what_holds_no_anchors_is_refused(place: AnchorFolder, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(AnchorError, match="There are no anchors in"):
        await read_path(tmp_path / "empty")
    (tmp_path / "file").write_bytes(b"{}")
    with pytest.raises(AnchorError, match="cannot be used: It is no anchor"):
        await read_path(tmp_path / "file")
    with pytest.raises(FileNotFoundError):
        await read_path(tmp_path / "gone")


async def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(AnchorError, match="larger than any anchor"):
        await read_path(tmp_path / "large")
