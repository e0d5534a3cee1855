"""What a request is to be is noted beside the spool, found for the same request alone, and forgotten in time."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest

from workers.spool import Key
from workers.spool_notes import KEPT_S, Notes

KEY = Key("me", "k", "ab")
FIRST, SECOND = UUID(int=1), UUID(int=2)


def test_what_was_noted_last_is_found(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "spool" / "notes")
    assert notes.find(KEY) is None
    notes.add(KEY, FIRST)
    notes.add(KEY, SECOND)
    assert notes.find(KEY) == SECOND
    assert [file.name for file in (tmp_path / "spool" / "notes").iterdir()] == [KEY.file_name]


@pytest.mark.parametrize(
    "other",
    [Key("me", "k", "cd"), Key("me", "l", "ab"), Key("you", "k", "ab")],
    ids=["another request", "another key", "another caller"],
)
def test_it_is_found_for_no_other_request(tmp_path: Path, other: Key) -> None:
    notes = Notes(tmp_path)
    notes.add(KEY, FIRST)
    assert notes.find(other) is None


@pytest.mark.parametrize("written", [b"", b"{", b"[]", b'{"id": "1", "digest": "ab"}', b'{"digest": "ab"}', b"\xff"])
def test_a_damaged_note_is_none(tmp_path: Path, written: bytes) -> None:
    (tmp_path / KEY.file_name).write_bytes(written)
    assert Notes(tmp_path).find(KEY) is None


def test_where_nothing_can_be_written_nothing_is_noted_and_nothing_raised(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    notes = Notes(tmp_path / "file" / "notes")
    notes.add(KEY, FIRST)
    assert notes.find(KEY) is None
    assert notes.forget_old() == 0


def test_old_notes_are_forgotten_and_half_written_ones_too(tmp_path: Path) -> None:
    notes = Notes(tmp_path)
    notes.add(KEY, FIRST)
    notes.add(Key("me", "new", "ab"), SECOND)
    half = tmp_path / f".{KEY.file_name}.1"
    half.write_text("{")
    for old in (tmp_path / KEY.file_name, half):
        os.utime(old, (0, time.time() - KEPT_S - 1))
    assert notes.forget_old() == 2
    assert notes.find(KEY) is None
    assert notes.find(Key("me", "new", "ab")) == SECOND


def test_many_who_note_at_once_leave_a_whole_note(tmp_path: Path) -> None:
    notes, ids = Notes(tmp_path), [UUID(int=number) for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda id_: notes.add(KEY, id_), ids))
    assert notes.find(KEY) in ids
