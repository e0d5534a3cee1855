"""What commands of the program leave behind when they run in this process."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def logging_as_it_was(put_back: None) -> None:
    """Commands set up the log of their process."""
