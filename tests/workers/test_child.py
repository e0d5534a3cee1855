"""A child starts, is heard, and ends, whatever it does."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workers.programs import DEAF, FAMILY, FOREVER, PATIENT, alive, python, until
from workers import child, tether
from workers.child import Child, Program
from workers.errors import ChildFailed


async def _heard(program: Program, word: str) -> tuple[Child, list[str]]:
    """A started child that has said `word`."""
    lines: list[str] = []
    spoken = asyncio.Event()

    def say(line: str) -> None:
        lines.append(line)
        if word in line:
            spoken.set()

    probe = Child(program, say)
    await probe.start()
    await asyncio.wait_for(spoken.wait(), 30)
    return probe, lines


async def test_it_lives_in_a_session_of_its_own() -> None:
    probe, _ = await _heard(python(FOREVER), "up")
    assert probe.pid is not None
    assert os.getsid(probe.pid) == os.getpgid(probe.pid) == probe.pid
    await probe.stop()


async def test_term_is_enough_for_one_that_listens() -> None:
    probe, _ = await _heard(python(FOREVER, stops=PATIENT), "up")
    await probe.stop()
    assert probe.returncode == -signal.SIGTERM


async def test_one_that_is_deaf_is_killed_in_the_end() -> None:
    probe, _ = await _heard(python(DEAF, stops=PATIENT), "up")
    await probe.stop()
    assert probe.returncode == -signal.SIGKILL


async def test_its_whole_group_ends_with_it() -> None:
    probe, lines = await _heard(python(FAMILY), "up")
    await until(lambda: len(lines) == 3)
    await probe.stop()
    pids = {int(line.split()[1]) for line in lines}
    assert len(pids) == 3
    await until(lambda: not any(alive(pid) for pid in pids))


async def test_stopping_twice_and_stopping_what_never_started_do_nothing() -> None:
    probe, _ = await _heard(python(FOREVER), "up")
    await probe.stop()
    await probe.stop()
    assert probe.returncode == -signal.SIGTERM
    never = Child(python(FOREVER))
    await never.stop()
    assert (never.pid, never.returncode) == (None, None)


async def test_hurry_sends_the_signal_of_our_death() -> None:
    probe, _ = await _heard(python(FOREVER, death_signal=signal.SIGUSR1), "up")  # SIGINT is ignored behind a "&"
    probe.hurry()
    assert await probe.wait() == -signal.SIGUSR1


OUTPUT = {
    "nothing": ("pass", []),
    "one line": ("print('a')", ["a"]),
    "no newline at the end": ("import sys; sys.stdout.write('a\\nb')", ["a", "b"]),
    "both streams": ("import sys; print('a'); print('b', file=sys.stderr)", ["a", "b"]),
    "not UTF-8": ("import sys; sys.stdout.buffer.write(b'\\xff\\n')", ["\ufffd"]),
    "a line of 1 MB": ("print('x' * 2**20)", None),
}


@pytest.mark.parametrize(("code", "expected"), OUTPUT.values(), ids=OUTPUT.keys())
async def test_every_line_is_heard(code: str, expected: list[str] | None) -> None:
    lines: list[str] = []
    probe = Child(python(code), lines.append)
    await probe.start()
    assert await probe.wait() == 0
    assert lines == expected if expected is not None else sum(map(len, lines)) == 2**20


async def test_an_end_is_explained_by_the_last_lines() -> None:
    probe = Child(python("for i in range(50): print('line', i)\nraise SystemExit(3)"))
    await probe.start()
    text = await probe.obituary()
    assert text.startswith("probe ended with code 3:")
    assert "line 49" in text
    assert "line 41" not in text


async def test_an_end_is_explained_in_words_where_the_lines_are_for_machines() -> None:
    line = '{"time": "t", "logger": "x", "message": "it failed", "error": {"traceback": "ValueError: why"}}'
    probe = Child(python(f"print({line!r})\nraise SystemExit(3)"))
    await probe.start()
    assert await probe.obituary() == "probe ended with code 3:\n  it failed\n  ValueError: why"


async def test_until_ready_waits_for_the_answer() -> None:
    asked = 0

    async def third_time() -> bool:
        nonlocal asked
        asked += 1
        return asked >= 3

    probe = Child(python(FOREVER, ready=third_time))
    await probe.start()
    await probe.until_ready()
    await probe.stop()
    assert asked == 3


async def _never() -> bool:
    return False


async def test_one_that_ends_before_it_is_ready_has_failed() -> None:
    probe = Child(python("print('no room'); raise SystemExit(1)", ready=_never))
    await probe.start()
    with pytest.raises(ChildFailed, match=r"ended with code 1:\n  no room"):
        await probe.until_ready()


async def test_one_that_never_answers_has_failed() -> None:
    probe, _ = await _heard(python(FOREVER, ready=_never, ready_s=0.1), "up")
    with pytest.raises(ChildFailed, match=r"did not answer within 0\.1 s:\n  up"):
        await probe.until_ready()
    await probe.stop()


async def test_until_done_wants_code_0() -> None:
    for code, fails in ((0, False), (1, True)):
        probe = Child(python(f"raise SystemExit({code})"))
        await probe.start()
        if fails:
            with pytest.raises(ChildFailed, match="code 1"):
                await probe.until_done()
        else:
            await probe.until_done()


async def test_a_program_that_does_not_exist_has_failed() -> None:
    probe = Child(Program("ghost", ("/no/such/program",), Path("/")))
    await probe.start()
    with pytest.raises(ChildFailed, match="No such file"):
        await probe.until_done()


async def test_environment_is_added_to_ours() -> None:
    lines: list[str] = []
    code = "import os; print(os.environ['PROBE'], 'PATH' in os.environ)"
    probe = Child(python(code, environment={"PROBE": "1"}), lines.append)
    await probe.start()
    await probe.wait()
    assert lines == ["1 True"]


@pytest.mark.parametrize("argv", [(), ("python",), ("./python",)], ids=["nothing", "a name", "a relative path"])
def test_a_program_has_an_absolute_path(argv: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="absolute path"):
        Program("probe", argv, Path("/"))


async def test_run_returns_what_was_printed_and_hands_over_stdin() -> None:
    assert await child.run(python("print(input()[::-1])"), b"abc\n") == "cba"


async def test_run_says_how_it_failed() -> None:
    with pytest.raises(ChildFailed, match=r"probe was ended by SIGKILL:\n  bye"):
        await child.run(python("import os; print('bye'); os.kill(os.getpid(), 9)"))


async def test_run_cancelled_leaves_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    code = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    task = asyncio.create_task(child.run(python(code)))
    await until(lambda: mark.exists() and mark.read_text())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive(int(mark.read_text()))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_a_user_of_its_own_keeps_the_death_signal() -> None:
    """Changing the user clears the death signal: it must be set after."""
    code = (
        "import ctypes, os; n = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(n), 0, 0, 0);"
        "print(os.getuid(), os.getgroups(), n.value)"
    )
    program = Program(
        "probe", ("/usr/bin/env", "python3", "-c", code), Path("/"), user=child.ServiceUser("x", 65534, 65534)
    )
    assert await child.run(program) == f"65534 [] {int(signal.SIGKILL)}"


async def test_it_gives_way_to_others_as_told() -> None:
    own = os.nice(0)
    assert await child.run(python("import os; print(os.nice(0))", nice=3)) == str(own + 3)


def test_a_parent_that_is_gone_is_noticed() -> None:
    shim = [sys.executable, "-I", "-S", tether.__file__]
    done = subprocess.run(
        [*shim, "1", "9", "0", "-", "--", "/bin/echo", "still here"], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (75, b"")


@pytest.mark.parametrize(
    ("code", "words"), [(0, "ended with code 0"), (4, "ended with code 4"), (-9, "was ended by SIGKILL")]
)
def test_a_return_code_in_words(code: int, words: str) -> None:
    assert child.ending(code) == words
