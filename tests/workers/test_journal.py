"""Lines go where they belong, and the files stay small."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers import journal as journals
from workers.journal import Journal, Note


@pytest.fixture
def shown() -> list[str]:
    return []


@pytest.fixture
def journal(tmp_path: Path, shown: list[str]):
    made = Journal(tmp_path, "http://x", ("postgres", "relay"), shown.append)
    yield made
    made.close()


def test_lines_stand_behind_the_name_of_their_part(journal: Journal, shown: list[str]) -> None:
    journal.heard("relay", "hello", quiet=False)
    journal.tell("postgres", "crashed")
    assert shown == ["relay    | hello", "postgres | crashed"]


def test_of_a_quiet_part_only_the_file_is_told(journal: Journal, shown: list[str], tmp_path: Path) -> None:
    journal.heard("postgres", "checkpoint", quiet=True)
    assert shown == []
    assert (tmp_path / "logs" / "postgres.log").read_text().endswith("Z checkpoint\n")


def test_percent_signs_are_kept(journal: Journal, tmp_path: Path) -> None:
    journal.heard("relay", "100 % of %s", quiet=True)
    assert "100 % of %s" in (tmp_path / "logs" / "relay.log").read_text()


def test_files_are_rotated_and_the_oldest_forgotten(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "LOG_BYTES", 2000)
    for number in range(1000):
        journal.heard("relay", f"line {number}", quiet=True)
    files = sorted((tmp_path / "logs").glob("relay.log*"))
    assert len(files) == 1 + journals.LOG_FILES
    assert all(file.stat().st_size <= 2000 for file in files)
    assert "line 999" in (tmp_path / "logs" / "relay.log").read_text()


def test_notes_change_one_part_only(journal: Journal) -> None:
    before = journal.status.parts[0]
    journal.note("relay", Note("crashed", None, 2, "why"))
    first, second = journal.status.parts
    assert first == before
    assert (second.name, second.state, second.restarts, second.reason) == ("relay", "crashed", 2, "why")
