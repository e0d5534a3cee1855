"""The status file is whole, and believed only while its writer lives."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workers.status import PartStatus, SupervisorStatus, read, status_file, write

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STATUS = SupervisorStatus(
    os.getpid(),
    "http://127.0.0.1:8080",
    (
        PartStatus("postgres", "running", NOW, 7),
        PartStatus("worker-1", "crashed", NOW, None, 3, "ended: \u201cno\u201d"),
    ),
)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write(tmp_path, STATUS)
    assert read(tmp_path) == STATUS


def test_nothing_written_is_none(tmp_path: Path) -> None:
    assert read(tmp_path) is None


def test_of_a_supervisor_that_is_gone_nothing_is_believed(tmp_path: Path) -> None:
    write(tmp_path, SupervisorStatus(2**22 - 1, "", STATUS.parts))
    assert read(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", '{"pid": 1, "pa'], ids=["empty", "begun", "cut short"])
def test_a_file_that_lost_its_end_is_none(tmp_path: Path, text: str) -> None:
    status_file(tmp_path).write_text(text)
    assert read(tmp_path) is None


def test_writing_again_replaces_and_leaves_nothing_beside(tmp_path: Path) -> None:
    for _ in range(2):
        write(tmp_path, STATUS)
    assert [each.name for each in tmp_path.iterdir()] == [status_file(tmp_path).name]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        PartStatus("a", "running", datetime(2026, 3, 1))  # noqa: DTZ001 - what is refused
