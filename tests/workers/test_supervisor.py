"""Parts start in order, come back when they crash, and leave nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.workers.programs import DEAF, FAMILY, FOREVER, PATIENT, RUNAWAY, alive, python, until, with_word
from workers import supervisor as supervising
from workers.child import Program, Stop
from workers.errors import ChildFailed
from workers.journal import Journal
from workers.status import PartStatus, read
from workers.supervisor import Part, Supervisor, pause_s


def part(name: str, code: str = FOREVER, *needs: str, once: bool = False, **options: object) -> Part:
    async def make() -> Program:
        return replace(python(code, stops=PATIENT, **options), name=name)

    return Part(name, make, needs, once)


class Stage:
    """A supervisor with its journal, and what was shown on the terminal."""

    def __init__(self, home: Path, *parts: Part) -> None:
        self.shown: list[str] = []
        self.announced = 0
        self.journal = Journal(home, "http://test", tuple(each.name for each in parts), self.shown.append)
        self.supervisor = Supervisor(parts, self.journal)

    def state(self, name: str) -> PartStatus:
        return next(each for each in self.journal.status.parts if each.name == name)

    def announce(self) -> None:
        self.announced += 1

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.supervisor.run(self.announce))
        try:
            await until(lambda: self.announced or task.done())
            yield
        finally:
            self.supervisor.ask()
            try:
                await task
            finally:
                self.journal.close()


def _log(path: Path, word: str) -> str:
    return f"open({str(path)!r}, 'a').write({word!r} + chr(10))"


def _leaves_word(path: Path, word: str) -> str:
    """A program that writes when it starts and when it is asked to end."""
    return (
        "import signal, sys, time\n"
        f"def end(*_):\n    {_log(path, word + ' ends')}\n    sys.exit()\n"
        f"signal.signal(signal.SIGTERM, end)\n{_log(path, word + ' starts')}\ntime.sleep(600)"
    )


def _says(path: Path, word: str) -> Callable[[], object]:
    return lambda: path.exists() and word in path.read_text()


async def test_parts_start_after_what_they_need_and_stop_before_it(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def logged(name: str, *needs: str) -> Part:
        async def ready() -> bool:
            return bool(_says(log, f"{name} starts")())

        return part(name, _leaves_word(log, name), *needs, ready=ready)

    # Listed in the wrong order on purpose: the needs decide.
    stage = Stage(
        tmp_path,
        logged("top", "middle"),
        logged("middle", "step"),
        logged("bottom"),
        part("step", _log(log, "step"), "bottom", once=True),
    )
    async with stage.running():
        assert log.read_text().split("\n")[:4] == ["bottom starts", "step", "middle starts", "top starts"]
        assert stage.state("step").state == "done"
    assert log.read_text().split("\n")[4:7] == ["top ends", "middle ends", "bottom ends"]


async def test_an_early_part_does_not_wait_for_its_needs_but_ends_before_them(tmp_path: Path) -> None:
    log = tmp_path / "log"

    async def when_early_has_started() -> bool:
        return bool(_says(log, "early starts")())

    early = replace(part("early", _leaves_word(log, "early"), "late"), early=True)
    stage = Stage(tmp_path, part("late", _leaves_word(log, "late"), ready=when_early_has_started), early)
    async with stage.running():
        await until(_says(log, "late starts"))
    assert [line for line in log.read_text().split("\n") if "ends" in line] == ["early ends", "late ends"]


async def test_the_end_asked_for_while_a_part_is_being_stopped_is_reached(tmp_path: Path) -> None:
    """It never got ready, is deaf to TERM, and is on its way to KILL when everything is to end."""

    async def never() -> bool:
        return False

    stage = Stage(tmp_path, part("deaf", DEAF, ready=never, ready_s=0.3))
    task = asyncio.create_task(stage.supervisor.run(stage.announce))
    await until(lambda: stage.state("deaf").pid)
    pid = stage.state("deaf").pid or 0
    await asyncio.sleep(0.45)  # asked by TERM at 0.3 s, killed at 0.6 s
    stage.supervisor.ask()
    with suppress(ChildFailed):
        await task
    stage.journal.close()
    assert not alive(pid)


async def test_independent_parts_start_together(tmp_path: Path) -> None:
    """Each of the two waits for the other to have started: in a row, neither would ever be ready."""

    def waits_for(name: str, other: str) -> Part:
        async def ready() -> bool:
            return (tmp_path / other).exists()

        return part(name, f"open({str(tmp_path / name)!r}, 'w')\n{FOREVER}", ready=ready)

    stage = Stage(tmp_path, waits_for("left", "right"), waits_for("right", "left"))
    async with stage.running():
        assert stage.announced == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV], ids=["killed", "ended", "crashed"])
async def test_a_part_that_ends_is_started_again_and_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr(supervising, "FIRST_PAUSE_S", 0.01)
    stage = Stage(tmp_path, part("worker"), part("other"))
    async with stage.running():
        first, other = stage.state("worker").pid, stage.state("other").pid
        assert first is not None
        os.kill(first, number)
        await until(lambda: stage.state("worker").restarts == 1 and stage.state("worker").state == "running")
        assert stage.state("worker").pid not in {None, first}
        assert stage.state("other").pid == other
    assert any(line.startswith("worker | worker was ended by SIG") and "again in" in line for line in stage.shown)


async def test_a_part_that_keeps_crashing_is_started_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervising, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervising, "LONGEST_PAUSE_S", 0.02)
    stage = Stage(tmp_path, part("worker", "print('no memory'); raise SystemExit(1)"))
    async with stage.running():
        await until(lambda: stage.state("worker").restarts >= 4)
        await until(lambda: stage.state("worker").reason)
        assert stage.state("worker").reason == "worker ended with code 1:\n  no memory"
    assert sum("worker | worker ended with code 1; starting it again" in line for line in stage.shown) >= 4
    assert stage.state("worker").state == "stopped"


@pytest.mark.parametrize(
    ("crashes", "expected"), [(1, 0.5), (2, 1.0), (3, 2.0), (6, 16.0), (7, 30.0), (8, 30.0), (1000, 30.0)]
)
def test_pauses_double_up_to_a_bound(crashes: int, expected: float) -> None:
    assert pause_s(crashes) == expected


async def test_a_part_that_fails_at_first_ends_the_whole_in_its_own_words(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    broken = part("broken", "print('port in use'); raise SystemExit(1)", "good", ready=never)
    stage = Stage(tmp_path, part("good"), broken, part("later", FOREVER, "broken"))
    with pytest.raises(ChildFailed, match=r"broken ended with code 1:\n  port in use"):
        async with stage.running():
            pass
    assert stage.announced == 0
    assert {each.state for each in stage.journal.status.parts} == {"stopped"}


async def test_a_step_that_fails_ends_the_whole(tmp_path: Path) -> None:
    stage = Stage(tmp_path, part("migrate", "raise SystemExit('cannot')", once=True), part("after", FOREVER, "migrate"))
    with pytest.raises(ChildFailed, match=r"migrate ended with code 1:\n  cannot"):
        async with stage.running():
            pass


async def test_what_cannot_even_be_prepared_ends_the_whole(tmp_path: Path) -> None:
    async def make() -> Program:
        raise ValueError("a fault of ours")

    stage = Stage(tmp_path, part("good"), Part("broken", make))
    with pytest.raises(ValueError, match="a fault of ours"):
        async with stage.running():
            pass


async def test_asked_while_starting_it_ends(tmp_path: Path) -> None:
    async def never() -> bool:
        return False

    stage = Stage(tmp_path, part("slow", ready=never), part("after", FOREVER, "slow"))
    task = asyncio.create_task(stage.supervisor.run(stage.announce))
    await until(lambda: stage.state("slow").pid)
    stage.supervisor.ask()
    await task
    stage.journal.close()
    assert stage.announced == 0


async def test_a_readiness_check_that_swallows_being_cancelled_keeps_nobody_from_ending(tmp_path: Path) -> None:
    """As clients do that wait with `asyncio.wait_for`, in Python 3.11."""
    asked = asyncio.Event()

    async def swallows() -> bool:
        asked.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(600)
        return True

    stage = Stage(tmp_path, part("slow", ready=swallows))
    task = asyncio.create_task(stage.supervisor.run(stage.announce))
    await asked.wait()
    stage.supervisor.ask()
    pid = stage.state("slow").pid
    async with asyncio.timeout(30):
        await task
    stage.journal.close()
    assert pid is not None
    assert not alive(pid)
    assert (stage.announced, stage.state("slow").state) == (0, "stopped")


async def test_asked_twice_it_ends_at_once(tmp_path: Path) -> None:
    async def make() -> Program:
        return python(DEAF, stops=(Stop(signal.SIGTERM, 600),))  # would wait ten minutes

    stage = Stage(tmp_path, Part("deaf", make))
    async with stage.running():
        await until(lambda: any("up" in line for line in stage.shown))
        pid = stage.state("deaf").pid
        assert pid is not None
        stage.supervisor.ask()
        await until(lambda: stage.state("deaf").state == "stopping")
        stage.supervisor.ask()
        await until(lambda: not alive(pid))
    assert stage.state("deaf").state == "stopped"


PARENT = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from functools import partial
from tests.workers.programs import FOREVER, RUNAWAY
from tests.workers.test_supervisor import part
from workers import child, strays
from workers.journal import Journal
from workers.supervisor import Supervisor
parts = tuple(part(name, code, environment={{"PROBE": "-".join({words!r})}}) for name, code in {programs!r}.items())
journal = Journal(Path({home!r}), "", tuple(each.name for each in parts), partial(print, flush=True))
strays.adopt()
supervisor = Supervisor(parts, journal, partial(strays.end, child.is_ours))

async def main():
    asyncio.get_running_loop().add_signal_handler(15, supervisor.ask)
    await supervisor.run(lambda: print("ready", flush=True))

asyncio.run(main())
"""


@asynccontextmanager
async def parent(home: Path, word: str, **programs: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of its own that runs a supervisor; yielded when everything is ready and has said what it says."""
    code = PARENT.format(root=str(Path(__file__).parents[2]), home=str(home), words=word.split("-"), programs=programs)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    heard = 0
    while heard < len(programs) + 1:
        line = await process.stdout.readline()
        assert line, "the parent ended before it was ready"
        heard += b"ready" in line or b"up" in line or b"gone" in line
    yield process
    await process.wait()
    process._transport.close()  # type: ignore[attr-defined]  # its pipe is held by nobody, and would warn


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV], ids=["killed", "crashed"])
async def test_a_parent_that_dies_takes_everything_along(tmp_path: Path, number: signal.Signals) -> None:
    word = f"probe-{os.getpid()}-{number}"
    async with parent(tmp_path, word, a=FOREVER, b=FOREVER) as process:
        assert len(with_word(word)) == 2
        process.send_signal(number)
        await until(lambda: not with_word(word))
    assert process.returncode == -number


async def test_what_left_its_group_is_swept_up(tmp_path: Path) -> None:
    word = f"probe-{os.getpid()}-runaway"
    async with parent(tmp_path, word, family=RUNAWAY) as process:
        assert len(with_word(word)) == 2
        process.terminate()
    assert not with_word(word)


async def test_what_a_crashed_part_left_is_swept_up_before_it_starts_again(tmp_path: Path) -> None:
    word = f"probe-{os.getpid()}-crash"
    async with parent(tmp_path, word, family=RUNAWAY) as process:
        before = with_word(word)
        leader = next(each.pid for each in read(tmp_path).parts)  # type: ignore[union-attr]
        assert leader is not None
        os.kill(leader, signal.SIGKILL)
        await until(lambda: not before & with_word(word) and len(with_word(word)) == 2)
        process.terminate()
    assert not with_word(word)


async def test_the_status_is_on_file_for_others(tmp_path: Path) -> None:
    stage = Stage(tmp_path, part("worker"))
    async with stage.running():
        status = read(tmp_path)
        assert status is not None
        assert (status.pid, status.address) == (os.getpid(), "http://test")
        assert [(each.name, each.state) for each in status.parts] == [("worker", "running")]
        assert status.parts[0].pid == stage.state("worker").pid
        json.loads((tmp_path / "supervisor.json").read_text())


async def test_families_end_as_a_whole(tmp_path: Path) -> None:
    stage = Stage(tmp_path, part("family", FAMILY))
    async with stage.running():
        await until(lambda: sum("up" in line for line in stage.shown) == 3)
        pids = {int(line.split()[-1]) for line in stage.shown if "up" in line}
        assert len(pids) == 3
        assert all(alive(pid) for pid in pids)
    await until(lambda: not any(alive(pid) for pid in pids))
    assert stage.state("family").state == "stopped"


@pytest.mark.parametrize(
    "parts",
    [(part("a", FOREVER, "nobody"),), (part("a"), part("a"))],
    ids=["a need that is no part", "two of one name"],
)
def test_parts_that_make_no_sense_are_refused(tmp_path: Path, parts: tuple[Part, ...]) -> None:
    with pytest.raises(ValueError, match="expected parts of different names"):
        Stage(tmp_path, *parts)
