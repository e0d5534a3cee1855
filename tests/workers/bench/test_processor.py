"""Processor time is counted for a process and all that stem from it, the dead included."""

from __future__ import annotations

import os
import subprocess
import sys

from workers.bench.processor import seconds_of

BUSY = "import time\nwhile time.process_time() < 0.5: pass"


def test_what_a_child_spent_counts_after_its_death() -> None:
    before = seconds_of(os.getpid())
    subprocess.run([sys.executable, "-c", BUSY], check=True)
    assert seconds_of(os.getpid()) - before >= 0.25


def test_what_a_living_grandchild_spends_counts() -> None:
    grandchild = f"{BUSY}\nprint(1, flush=True)\ntime.sleep(60)"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {grandchild!r}]).wait()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"1\n"
            assert seconds_of(process.pid) >= 0.25
        finally:
            os.killpg(process.pid, 9)


def test_a_process_that_is_gone_spent_nothing() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert seconds_of(process.pid) == 0.0
