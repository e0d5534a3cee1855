"""The doctor says when the backups that somebody wanted are not there, too old, or not whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.backup_folder import MANIFEST, BackupFolder
from data.settings import Settings
from tests.data.backup_rows import made
from workers import check_backups
from workers.check_backups import check_backups as looked


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BackupFolder:
    monkeypatch.setattr(check_backups, "utc_now", lambda: datetime(2026, 3, 6, tzinfo=UTC))
    return BackupFolder.make(tmp_path / "backups")


def named(folder: Path, **changes: float) -> Settings:
    return Settings(home=folder.parent, backup_folder=folder, **changes)  # type: ignore[arg-type]


async def test_nobody_who_names_no_folder_is_told_anything(tmp_path: Path) -> None:
    assert await looked(Settings(home=tmp_path, backup_folder=None)) == []


async def test_a_young_and_whole_one_is_well(folder: BackupFolder) -> None:
    name = await made(folder, b"one")
    (finding,) = await looked(named(folder.root))
    assert (finding.grade, name in finding.found, "2026-03-05 12:00 UTC" in finding.found) == ("ok", True, True)


async def test_there_is_none(folder: BackupFolder, tmp_path: Path) -> None:
    for root, words in ((folder.root, "there is none"), (tmp_path / "gone", "There are no backups")):
        (finding,) = await looked(named(root))
        assert (finding.grade, words in finding.found) == ("wrong", True)


async def test_the_newest_is_too_old(folder: BackupFolder) -> None:
    await made(folder)
    (finding,) = await looked(named(folder.root, backup_max_age_s=3600))
    assert (finding.grade, "too old" in finding.found) == ("wrong", True)


async def test_the_newest_lacks_pictures(folder: BackupFolder) -> None:
    await made(folder, second=1)
    await made(folder, second=2, lacking=3)
    (finding,) = await looked(named(folder.root))
    assert (finding.grade, "lacks 3 pictures" in finding.found) == ("wrong", True)


async def test_the_newest_is_damaged(folder: BackupFolder) -> None:
    name = await made(folder)
    (folder.root / "backups" / name / MANIFEST).write_bytes(b"{")
    (finding,) = await looked(named(folder.root))
    assert (finding.grade, "damaged or cut short" in finding.found) == ("wrong", True)
