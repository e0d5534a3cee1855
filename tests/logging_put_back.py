"""Leaves logging as it was, for tests of what sets it up."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator

import pytest

from workers import logs
from workers.log_lines import ACCESS


@pytest.fixture
def put_back() -> Iterator[None]:
    """Leave logging as it was."""
    root, hook, loud = logging.getLogger(), threading.excepthook, logging.raiseExceptions
    handlers, level, show = list(root.handlers), root.level, warnings.showwarning
    yield
    logging.captureWarnings(capture=False)
    warnings.showwarning = show
    root.handlers[:], threading.excepthook, logging.raiseExceptions = handlers, hook, loud
    root.setLevel(level)
    for name in (*logs.CHATTY, ACCESS):
        logging.getLogger(name).setLevel(logging.NOTSET)
