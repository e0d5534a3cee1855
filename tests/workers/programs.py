"""Small programs that tests run as children."""

from __future__ import annotations

import asyncio
import signal
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

from workers.child import Program, Stop


def python(code: str, *, name: str = "probe", **options: object) -> Program:
    """A program that runs Python code; `print` in it is flushed at once."""
    return Program(name, (sys.executable, "-u", "-c", textwrap.dedent(code)), Path("/"), **options)  # type: ignore[arg-type]


FOREVER = """
import time
print("up")
time.sleep(600)
"""

DEAF = """
import signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
    signal.signal(number, signal.SIG_IGN)
print("up")
time.sleep(600)
"""

FAMILY = """
import os, time
for _ in range(2):
    if os.fork() == 0:
        break
os.write(1, f"up {os.getpid()}\\n".encode())
time.sleep(600)
"""

RUNAWAY = """
import os, time
if os.fork() == 0:
    os.setsid()
    os.write(1, f"gone {os.getpid()}\\n".encode())
    os.close(1), os.close(2)
    time.sleep(600)
time.sleep(600)
"""


async def until(true: Callable[[], object], within_s: float = 30) -> None:
    """Wait until `true()` is; the time-out is there for what never comes."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - what is waited for happens in other processes
            await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def with_word(word: str) -> set[int]:
    """The processes that have `word` in their arguments or environment, zombies left out."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if word.encode() in text and alive(int(folder.name)):
            found.add(int(folder.name))
    return found


PATIENT = (Stop(signal.SIGTERM, 0.3), Stop(signal.SIGKILL, 5.0))
