"""What is noted of anchors is whole, and nothing depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers import anchor_notes
from workers.anchor_notes import AnchorNotes, notes_file

NOTES = AnchorNotes("s3://b", 12, "ab" * 32, {"0123": "cd" * 32}, "it is away", "2026-03-05T12:00:00+00:00")


def test_what_was_noted_is_read(tmp_path: Path) -> None:
    anchor_notes.write(tmp_path, AnchorNotes())
    anchor_notes.write(tmp_path, NOTES)
    assert anchor_notes.read(tmp_path) == NOTES
    assert list(tmp_path.iterdir()) == [notes_file(tmp_path)]


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"1", b'{"place": "x", "more": 1}', b"\xff"])
def test_a_damaged_file_is_as_none(tmp_path: Path, data: bytes) -> None:
    notes_file(tmp_path).write_bytes(data)
    assert anchor_notes.read(tmp_path) == AnchorNotes()


def test_without_a_folder_nothing_is_noted(tmp_path: Path) -> None:
    anchor_notes.write(tmp_path / "gone", NOTES)
    assert anchor_notes.read(tmp_path / "gone") == AnchorNotes()
    assert not (tmp_path / "gone").exists()


def test_what_cannot_be_replaced_leaves_nothing_beside_it(tmp_path: Path) -> None:
    notes_file(tmp_path).mkdir()
    anchor_notes.write(tmp_path, NOTES)
    assert list(tmp_path.iterdir()) == [notes_file(tmp_path)]
