"""Disks that are soon full: a file system of a few bytes, and a bound on the size of files."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def at_most(byte_count: int) -> Iterator[None]:
    """Let no file of this process grow beyond some bytes, as a quota would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (byte_count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def disk_of(byte_count: int, folder: Path) -> Iterator[Path]:
    """Make a folder that is a file system of so many bytes, where the machine lets us."""
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", f"size={byte_count}", "tmpfs", str(folder))
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("a small disk can be made by root alone")
    try:
        yield folder
    finally:
        subprocess.run(("umount", str(folder)), check=True)
