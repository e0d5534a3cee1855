"""Fixtures every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["tests.fixtures_services"]

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def realchips() -> Path:
    """The folder of photos of real chips with labels, which lies beside the checkout and is never part of it."""
    folder = ROOT.parent / "shared" / "realchips"
    if not folder.is_dir():
        pytest.skip("the photos of real chips are not beside this checkout (../shared/realchips)")
    return folder
