"""Lines go where they belong, and the files stay small."""

from __future__ import annotations

import json
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
    (kept,) = (json.loads(line) for line in (tmp_path / "logs" / "postgres.log").read_text().splitlines())
    assert (kept["message"], kept["part"]) == ("checkpoint", "postgres")


LOGGED = """{"time": "2026-01-02T03:04:05.000000Z", "level": "ERROR", "logger": "workers.relay", "message": "it failed",
"error": {"type": "ValueError", "traceback": "Traceback:\\nValueError: why"}}""".replace("\n", " ")


def test_what_a_part_logged_is_kept_as_it_is_and_told_in_words(
    journal: Journal, shown: list[str], tmp_path: Path
) -> None:
    journal.heard("relay", LOGGED, quiet=False)
    assert (tmp_path / "logs" / "relay.log").read_text() == f"{LOGGED}\n"
    assert shown == ["relay    | it failed", "relay    | Traceback:", "relay    | ValueError: why"]


def test_where_no_person_looks_on_everything_is_told_in_json(tmp_path: Path, shown: list[str]) -> None:
    own = Journal(tmp_path, "http://x", ("postgres", "relay"), shown.append, as_json=True)
    own.heard("relay", LOGGED, quiet=False)
    own.heard("relay", "printed", quiet=False)
    own.heard("postgres", "checkpoint", quiet=True)
    own.tell("postgres", "crashed")
    own.close()
    assert shown[0] == LOGGED
    told = [json.loads(line) for line in shown[1:]]
    assert [(each["part"], each["message"]) for each in told] == [("relay", "printed"), ("postgres", "crashed")]


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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_a_full_disk_takes_nothing_down(journal: Journal, shown: list[str], tmp_path: Path, capfd) -> None:
    journal.close()
    (tmp_path / "logs" / "relay.log").symlink_to("/dev/full")
    (tmp_path / "supervisor.json.new").symlink_to("/dev/full")
    journal.heard("relay", "hello", quiet=False)
    journal.note("relay", Note("running", 7))
    assert shown == ["relay    | hello"]
    assert journal.status.parts[1].pid == 7
    assert capfd.readouterr() == ("", "")


def test_a_closed_terminal_takes_nothing_down(tmp_path: Path) -> None:
    def closed(_: str) -> None:
        raise BrokenPipeError

    own = Journal(tmp_path, "", ("relay",), closed)
    own.heard("relay", "hello", quiet=False)
    own.close()
    assert "hello" in (tmp_path / "logs" / "relay.log").read_text()
