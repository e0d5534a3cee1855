"""Pages that let nobody in unasked, beside the program: the same house, another door."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page

from tests.browser.conftest import Program, Tab, Windows, eventually, free_port

PASSWORD = "seven green kites"


def environment(program: Program, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MARKSIGHT_")}
    return {**kept, "MARKSIGHT_HOME": str(program.home), **more}


def command(program: Program, *words: str, typed: str = "") -> str:
    """Run a command of the program on its state folder; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "dashboard.cli", *words],
        input=typed, env=environment(program), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


@contextmanager
def door(program: Program) -> Iterator[Program]:
    """A page server on the state of the program that asks for a sign-in."""
    port = free_port()
    log = program.home / f"serve-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dashboard.cli", "serve"],
            stdout=output, stderr=output, env=environment(program, MARKSIGHT_PORT=str(port)),
        )  # fmt: skip
    served = Program(program.home, port, process, log)
    try:
        eventually(lambda: served.answers() or process.poll() is not None, f"the door: {log}")
        assert process.poll() is None, log.read_text()
        yield served
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def signed_in(windows: Windows, served: Program, name: str, **look: object) -> Iterator[Tab]:
    """A tab of somebody who has signed in; it must have asked no other host, and met no error."""
    with windows.tab(served.url, **look) as tab:
        sign_in(tab.page, served, name)
        yield tab


def sign_in(page: Page, served: Program, name: str, password: str = PASSWORD) -> None:
    page.goto(f"{served.url}/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
