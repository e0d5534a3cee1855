"""Processes that outlived the child of ours that started them.

A server's own children may leave its process group (PostgreSQL's backends do), so signalling the group misses them when
the server is killed. As a *subreaper* we become the parent of every such orphan, and can end it. Linux only; elsewhere
nothing is ever found.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
_SETTLE_S = 0.2
"""A process of ours that is just being started is known within this time."""
_DYING_S = 0.05


def adopt() -> None:
    """Become the parent of every descendant whose own parent dies."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


async def end(is_ours: Callable[[int], bool], settle_s: float = _SETTLE_S) -> tuple[int, ...]:
    """Kill and reap every child of this process that `is_ours` does not know; return the process ids."""
    before = _children()
    await asyncio.sleep(settle_s)
    strays = tuple(pid for pid in sorted(before & _children()) if not is_ours(pid))
    for pid in strays:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if strays:
        await asyncio.sleep(_DYING_S)
    for pid in strays:
        _reap(pid)
    return strays


def _reap(pid: int) -> None:
    """Take the end of a child from the kernel; one that is stuck there is left to the next call."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _children() -> set[int]:
    pids: set[int] = set()
    for file in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError):
            pids.update(int(pid) for pid in file.read_text(encoding="ascii").split())
    return pids
