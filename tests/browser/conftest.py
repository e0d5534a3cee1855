"""The real program, started as a newcomer starts it, and Chromium looking at its pages.

Every test that opens a page also checks, at its end, that the browser asked no other host and met no error.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("chromium-browser")
"""The one that has no windows to draw takes half the time for a page."""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
START_S = 120.0
LAST_WORDS = 4000
"""Characters of the program's log, and of the page, that are shown of a test that failed."""
OWN_SCHEMES = {"data", "blob"}
EXPECTED_NOISE = ("Failed to load resource", "WebSocket connection to", "not connected so cannot send")
"""What Chromium and Bokeh write by themselves when a request is refused or a server goes away, as some tests mean."""

TELLING = """addEventListener("securitypolicyviolation", (event) => {
  console.error("policy broken:", event.violatedDirective, event.blockedURI, event.sourceFile, event.sample)
})"""
"""Has every page say in its console what its policy forbade; that is an error, as any there."""


expect.set_options(timeout=30_000)  # a limit for a machine in trouble, not a measure


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Put what the page showed and said, and the program's last words, beside a test that failed."""
    report = yield
    given = getattr(item, "funcargs", {})
    if report.when == "call" and report.failed:
        if isinstance(tab := given.get("tab"), Tab):
            report.sections.append(("page", tab.shown()))
        if isinstance(program := given.get("program"), Program):
            report.sections.append(("program", program.log.read_text(errors="replace")[-LAST_WORDS:]))
    return report


def eventually(check: Callable[[], bool], what: str, within_s: float = 60.0) -> None:
    """Wait until `check` holds; the limit is for a machine in trouble, not a measure."""
    for _ in range(int(within_s / 0.1)):
        if check():
            return
        time.sleep(0.1)
    pytest.fail(f"waited {within_s:g} s for {what}")


@dataclass
class Program:
    """`marksight up` on a state folder of its own."""

    home: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.url}{path}", timeout=10).raise_for_status().json()

    def answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return bool(self.get("/health")["server_id"])
        return False

    def inspections(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get("/v1/inspections?limit=100")["items"]
        return items

    def seeded(self) -> bool:
        """Whether the bundled samples are inspected, so that nothing more comes by itself."""
        with contextlib.suppress(httpx.HTTPError):  # the server answers before the schema is there
            items = self.inspections()
            return len(items) >= 6 and all(item["state"] == "done" for item in items)
        return False


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def program() -> Iterator[Program]:
    """The program, up and with its samples inspected; it stays up, for tests of other folders may come between."""
    home = Path(tempfile.mkdtemp(prefix="msb-", dir="/tmp"))  # short enough for sockets
    home.chmod(0o711)  # as root, the embedded services run as another user
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MARKSIGHT_")}
    environment = {**kept, "MARKSIGHT_HOME": str(home), "MARKSIGHT_PORT": str(port), "MARKSIGHT_WORKERS": "1"}
    environment["MARKSIGHT_SINGLE_USER"] = "true"
    log = home / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "dashboard.cli", "up"],
            stdout=output, stderr=output, env=environment, start_new_session=True,
        )  # fmt: skip
    up = Program(home, port, process, log)
    try:
        eventually(lambda: up.answers() or process.poll() is not None, f"the program: {log}", START_S)
        assert process.poll() is None, log.read_text()
        eventually(up.seeded, "the bundled samples to be inspected", START_S)
        yield up
    finally:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        if process.poll() is None:
            process.kill()
            process.wait()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    if CHROMIUM is None:
        pytest.fail("Chromium is not installed; `make test` installs it, or says how")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Tab:
    """A tab on the program's pages, with everything it asked for and complained about."""

    page: Page
    base: str
    asked: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(TELLING)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("websocket", lambda ws: self.asked.append(ws.url.replace("ws://", "http://", 1)))

    def _heard(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)
        if message.type == "error" and not any(noise in message.text for noise in EXPECTED_NOISE):
            self.wrong.append(message.text)

    def open(self, path: str) -> Page:
        """Go to a page and wait until it is drawn."""
        self.page.goto(f"{self.base}{path}")
        return self.drawn()

    def drawn(self) -> Page:
        self.page.wait_for_selector("#ms-loading", state="detached")
        self.page.wait_for_selector("nav[aria-label=Pages] a")
        return self.page

    def loads_itself_anew(self) -> None:
        """Wait until the page is no more the document that `window.sameDocument` was set in."""

        def is_another() -> bool:
            with contextlib.suppress(Error):  # it is just going from one to the other
                return bool(self.page.evaluate("!window.sameDocument"))
            return False

        eventually(is_another, "the page to load itself anew")

    def shown(self) -> str:
        """Return what a person who cannot see is told of the page, and what it wrote to its console."""
        with contextlib.suppress(Error):
            dialogs = [one.aria_snapshot(timeout=5000) for one in self.page.get_by_role("dialog").all()]
            page = self.page.locator("body").aria_snapshot(timeout=5000)
            return "\n".join((self.page.url, *dialogs, page[:LAST_WORDS], *self.said[-20:]))
        return f"{self.page.url} cannot be looked at"

    def elsewhere(self) -> list[str]:
        """Everything asked of another host."""
        own = urlsplit(self.base).netloc
        return [url for url in self.asked if urlsplit(url).scheme not in OWN_SCHEMES and urlsplit(url).netloc != own]


class Windows:
    """Windows of 1440 by 900, used again: they have the scripts of the pages compiled, which takes longest of all."""

    def __init__(self, chromium: Browser) -> None:
        self._chromium = chromium
        self._free: dict[str, list[BrowserContext]] = {}

    @contextlib.contextmanager
    def tab(self, url: str, **look: object) -> Iterator[Tab]:
        """A tab without any cookies; at its end it must have asked no other host, and met no error."""
        free = self._free.setdefault(repr(sorted(look.items())), [])
        window = free.pop() if free else self._opened(look)
        page = window.new_page()
        forgotten = {"origin": url, "storageTypes": "cookies,local_storage,indexeddb,service_workers"}
        window.new_cdp_session(page).send("Storage.clearDataForOrigin", forgotten)
        opened = Tab(page, url)
        try:
            yield opened
        finally:
            for each in window.pages:
                each.close()
            window.clear_permissions()
            free.append(window)
        assert opened.elsewhere() == []
        assert opened.wrong == []

    def _opened(self, look: Mapping[str, object]) -> BrowserContext:
        chosen = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light", **look}
        window = self._chromium.new_context(**chosen)  # type: ignore[arg-type]
        window.set_default_timeout(30_000)
        return window


@pytest.fixture(scope="package")
def windows(chromium: Browser) -> Windows:
    """All windows of the one browser, which closes them."""
    return Windows(chromium)


@pytest.fixture
def tab(windows: Windows, program: Program) -> Iterator[Tab]:
    """A tab of a window as it is first opened."""
    with windows.tab(program.url) as opened:
        yield opened


@pytest.fixture
def sample(program: Program) -> dict[str, Any]:
    """A bundled sample that was inspected: a clean mark, judged by its recipe."""
    return next(item for item in program.inspections() if item["file_name"] == "mc74hc32an-clean-1.jpg")
