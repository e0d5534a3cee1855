from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.cli import app
from data.settings import Settings
from data.settings import settings as process_settings
from data.store import key_of, open_store


@pytest.fixture
def orphan(emptied: None, postgres: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Old bytes in a store of their own, which no row names."""
    url = f"file://{tmp_path}/store"
    monkeypatch.setenv("MARKSIGHT_HOME", str(postgres.home))
    monkeypatch.setenv("MARKSIGHT_STORE_URL", url)
    process_settings.cache_clear()
    path = tmp_path / "store" / key_of(asyncio.run(open_store(url).put(b"nobody's")))
    os.utime(path, (time.time() - 10 * 86_400,) * 2)
    yield path
    process_settings.cache_clear()


@pytest.mark.parametrize(
    ("options", "said", "left"), [(["--dry-run"], "would be removed", True), ([], "removed", False)]
)
def test_old_bytes_that_no_row_names_are_removed_or_told_of(
    orphan: Path, options: list[str], said: str, left: bool
) -> None:
    result = CliRunner().invoke(app, ["collect", *options])
    assert result.exit_code == 0, result.output
    assert f"1 blobs seen, 1 {said}" in result.output
    assert orphan.exists() is left
