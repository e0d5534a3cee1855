"""Fixtures every test may use."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import httpx._transports.default
import pytest

pytest_plugins = ["tests.fixtures_services", "tests.bucket_server", "tests.hook_server", "tests.logging_put_back"]

os.environ["MARKSIGHT_SINGLE_USER"] = "true"  # tests of who may do what unset it, and sign in; no other is about that

# Clients that say nothing of TLS share what they need for it: each would read the certificates of the whole world.
httpx._transports.default.create_ssl_context = functools.cache(httpx._transports.default.create_ssl_context)

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def realchips() -> Path:
    """The folder of photos of real chips with labels, which lies beside the checkout and is never part of it."""
    folder = ROOT.parent / "shared" / "realchips"
    if not folder.is_dir():
        pytest.skip("the photos of real chips are not beside this checkout (../shared/realchips)")
    return folder
