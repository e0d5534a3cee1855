"""What tests of the Runs page share: how a person begins a run, and what has become of it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import threading
import zipfile
from collections.abc import Coroutine
from typing import Any

import httpx
from playwright.sync_api import CDPSession, Locator, Page, Request

from tests.browser.conftest import Program, eventually
from tests.conftest import ROOT

PHOTO = ROOT / "data" / "assets" / "samples" / "ds18b20.jpg"
SLOW_BYTES_PER_S = 1_500_000


def archive(*members: tuple[str, bytes]) -> bytes:
    """Return a zip of members that are kept as they are."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name, data in members:
            made.writestr(name, data)
    return held.getvalue()


def sender(page: Page) -> Locator:
    return page.locator(".sender")


def begin(page: Page, label: str, files: str) -> None:
    """Name the run and send what was gathered."""
    sender(page).get_by_label("Label").fill(label)
    sender(page).get_by_role("button", name=f"Send {files}").click()


def run_of(program: Program, label: str) -> dict[str, Any]:
    """Return the newest run of a label; nothing while there is none, or no server to ask."""
    runs: list[dict[str, Any]] = []
    with contextlib.suppress(httpx.HTTPError):
        runs = program.get("/v1/runs?limit=100")["items"]
    return next((run for run in runs if run["label"] == label), {})


def asyncio_run(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` in a thread of its own: the one of the test has a loop already, that of the browser's driver."""
    thread = threading.Thread(target=asyncio.run, args=[work])
    thread.start()
    thread.join()


def stored_files(program: Program, label: str) -> int:
    counts = run_of(program, label).get("counts", {"files": 0, "files_receiving": 0})
    return int(counts["files"] - counts["files_receiving"])


def ended(program: Program, label: str) -> dict[str, Any]:
    """Wait until a run has ended, and return it."""
    eventually(lambda: run_of(program, label).get("state") in {"done", "failed", "cancelled"}, f"run {label} to end")
    return run_of(program, label)


def row(page: Page, label: str) -> Locator:
    return page.locator("tbody tr").filter(has_text=label)


def slowly(page: Page) -> CDPSession:
    """Let the page send as over a slow line."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": SLOW_BYTES_PER_S}
    session.send("Network.emulateNetworkConditions", limits)
    return session


def sent_from(asked: list[Request]) -> list[int]:
    """Return the offsets that pieces of files were sent from."""
    return [int(one.headers["upload-offset"]) for one in asked if one.method == "PATCH"]
