"""One program that runs as our child, from start to the last of its group.

1. Every child has a session of its own: the terminal's Ctrl-C reaches us alone, and signals reach its whole group.
2. Every child dies with us, even when we are killed (see `workers.tether`).
3. Every stop ends: each signal has its patience, the last one is KILL, and then the rest of the group is killed.
4. What a child prints is read to the end, line by line, whatever their length; the last lines, as people read them,
   explain its end.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path

from workers import log_lines, tether
from workers.embedded.service_user import ServiceUser
from workers.errors import ChildFailed

Ready = Callable[[], Awaitable[bool]]
"""Tries the service once, as its users would; False while it does not answer yet."""

LONGEST_LINE_BYTES = 64 * 1024
TAIL_LINES = 8
READY_POLLS_S = (0.02, 0.04, 0.08, 0.15, 0.25)

_started: set[int] = set()  # by this process, and not yet waited for: like the kernel's own table of our children


@dataclass(frozen=True)
class Stop:
    """One step of stopping: the signal, and the seconds the child gets to act on it."""

    signal: signal.Signals
    patience_s: float


GENTLY = (Stop(signal.SIGTERM, 5.0), Stop(signal.SIGKILL, 5.0))


@dataclass(frozen=True)
class Program:
    """What to run and how to treat it.

    `environment` is added to ours, and seen by every user of the machine; `nice` is how far it gives way to others.
    """

    name: str
    argv: tuple[str, ...]
    cwd: Path
    user: ServiceUser | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    death_signal: signal.Signals = signal.SIGKILL
    stops: tuple[Stop, ...] = GENTLY
    ready: Ready | None = None
    ready_s: float = 60.0
    nice: int = 0

    def __post_init__(self) -> None:
        if not self.argv or not Path(self.argv[0]).is_absolute():
            raise ValueError(f"expected the program's absolute path first, got {self.argv!r}")

    def command(self) -> tuple[str, ...]:
        """Return the program tied to this very process."""
        user = f"{self.user.uid}:{self.user.gid}" if self.user else "-"
        shim = (sys.executable, "-I", "-S", tether.__file__)
        variables = (f"{name}={value}" for name, value in self.environment.items())
        numbers = (os.getpid(), int(self.death_signal), self.nice)
        return (*shim, *map(str, numbers), user, *variables, "--", *self.argv)


class Child:
    """A running program. Start it once; make another Child to start it again."""

    def __init__(self, program: Program, say: Callable[[str], None] = lambda _: None) -> None:
        self.program = program
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._say = say
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, which is its group's too; None before it was started."""
        return self._process.pid if self._process else None

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._process.returncode if self._process else None

    async def start(self) -> None:
        """Start the program and return at once."""
        self._process = await _spawn(self.program, stdin=asyncio.subprocess.DEVNULL)
        assert self._process.stdout is not None  # noqa: S101  # asked for above
        self._reading = asyncio.create_task(self._read(self._process.stdout))

    async def until_ready(self) -> None:
        """Wait until the service answers.

        Raises:
            ChildFailed: it ended first, or did not answer in `ready_s`; the message holds its last lines.
        """
        program = self.program
        try:
            async with asyncio.timeout(program.ready_s):
                pauses = chain(READY_POLLS_S, repeat(READY_POLLS_S[-1]))
                while program.ready is not None and not await program.ready():
                    if self.returncode is not None:
                        raise ChildFailed(await self.obituary())
                    await asyncio.sleep(next(pauses))
        except TimeoutError:
            raise ChildFailed(
                f"{program.name} did not answer within {program.ready_s:g} s{self._last_lines()}"
            ) from None

    async def until_done(self) -> None:
        """Wait until the program has done its work and ended.

        Raises:
            ChildFailed: it ended with another code than 0; the message holds its last lines.
        """
        if await self.wait() != 0:
            raise ChildFailed(await self.obituary())

    async def wait(self) -> int:
        """Wait until the process has ended and everything it printed was read; return its return code."""
        assert self._process is not None  # noqa: S101  # started
        code = await self._process.wait()
        _started.discard(self._process.pid)
        self._signal_group(signal.SIGKILL)  # whoever outlived the leader would also keep its pipe open
        assert self._reading is not None  # noqa: S101  # started
        with contextlib.suppress(TimeoutError):  # a stray that left the group may hold the pipe
            async with asyncio.timeout(1.0):
                await asyncio.shield(self._reading)
        return code

    async def stop(self) -> None:
        """Ask it to end, more firmly each time, until it has; then kill what is left of its group."""
        if self._process is None:
            return
        for stop in self.program.stops:
            if self.returncode is not None:
                break
            self._signal_group(stop.signal)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(stop.patience_s):
                    await self._process.wait()
        await self.wait()

    def hurry(self) -> None:
        """Send the signal that it would get if we died; `stop` or `wait` still has to be called."""
        self._signal_group(self.program.death_signal)

    async def obituary(self) -> str:
        """Say how the process ended, with its last lines."""
        code = await self.wait()
        return f"{self.program.name} {ending(code)}{self._last_lines()}"

    def _last_lines(self) -> str:
        return ":\n  " + "\n  ".join(self.tail) if self.tail else ""

    def _signal_group(self, number: signal.Signals) -> None:
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    async def _read(self, stream: asyncio.StreamReader) -> None:
        pending = b""
        while chunk := await stream.read(LONGEST_LINE_BYTES):
            *lines, pending = (pending + chunk).split(b"\n")
            if len(pending) > LONGEST_LINE_BYTES:
                lines, pending = [*lines, pending], b""
            for line in lines:
                self._hear(line)
        if pending:
            self._hear(pending)

    def _hear(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        self.tail.extend(log_lines.shown(text))
        self._say(text)


def is_ours(pid: int) -> bool:
    """Tell whether this process started `pid` and has not waited for it yet."""
    return pid in _started


def ending(code: int) -> str:
    """Say in words what a return code means."""
    if code >= 0:
        return f"ended with code {code}"
    return f"was ended by {signal.Signals(-code).name}"


async def run(program: Program, stdin: bytes = b"") -> str:
    """Run a program that ends by itself; return what it printed. Cancelled, it kills the program.

    Raises:
        ChildFailed: it ended with another code than 0; the message holds its last lines.
    """
    process = await _spawn(program, stdin=asyncio.subprocess.PIPE)
    try:
        printed, _ = await process.communicate(stdin)
    except asyncio.CancelledError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    finally:
        _started.discard(process.pid)
    text = printed.decode("utf-8", "replace").strip()
    if process.returncode != 0:
        lines = "\n  ".join(text.splitlines()[-TAIL_LINES:])
        raise ChildFailed(f"{program.name} {ending(process.returncode or 0)}:\n  {lines}")
    return text


async def _spawn(program: Program, *, stdin: int) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *program.command(),
        cwd=program.cwd,
        start_new_session=True,
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    _started.add(process.pid)
    return process
