"""What happens to a page when its server goes, and to a session when its page goes."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from playwright.sync_api import Browser, expect
from pydantic import SecretStr

from dashboard.api.app import listener_of
from dashboard.pages.following import Following
from dashboard.pages.news import News
from dashboard.server import PageServer, build
from data import embedded_urls
from data.settings import Settings
from tests.browser.conftest import START_S, Program, Tab, eventually
from tests.conftest import ROOT
from workers import status
from workers.composition import compose


def test_an_open_page_comes_back_by_itself_after_a_restart(tab: Tab, program: Program) -> None:
    page = tab.open("/system")
    expect(page.get_by_text("PostgreSQL")).to_be_visible()
    before = program.get("/health")["server_id"]
    page.evaluate("window.sameDocument = true")
    server = next(part for part in found_parts(program) if part.name == "server")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    expect(page.get_by_role("alert").filter(has_text="comes back by itself")).to_be_visible()
    eventually(lambda: program.answers() and program.get("/health")["server_id"] != before, "the server's new start")
    tab.loads_itself_anew()
    tab.drawn()
    expect(page.get_by_text("PostgreSQL")).to_be_visible()


def test_photos_dropped_while_the_server_is_away_are_stored_once_it_is_back(tab: Tab, program: Program) -> None:
    page = tab.open("/inspect")
    before = {item["id"] for item in program.inspections()}
    page.evaluate("window.sameDocument = true")
    server = next(part for part in found_parts(program) if part.name == "server")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    page.locator("input[type=file]").set_input_files(ROOT / "data" / "assets" / "samples" / "ds18b20.jpg")
    expect(page.get_by_text("Trying again")).to_be_visible()
    tab.loads_itself_anew()
    tab.drawn()
    new = [item for item in program.inspections() if item["id"] not in before]
    assert [item["file_name"] for item in new] == ["ds18b20.jpg"]


def found_parts(program: Program) -> tuple[status.PartStatus, ...]:
    found = status.read(program.home)
    assert found is not None
    return found.parts


def test_closed_tabs_leave_no_session_and_follow_nothing(chromium: Browser, program: Program) -> None:
    with second_server(program) as (server, followings):
        context = chromium.new_context()
        tabs = [Tab(context.new_page(), f"http://127.0.0.1:{server.port}") for _ in range(3)]
        for tab, path in zip(tabs, ("/inspect", "/inspection", "/system"), strict=True):
            tab.open(path)
        eventually(lambda: open_sessions(server) == 3, "three sessions")
        eventually(lambda: sum(one.count for one in followings) >= 3, "the pages to follow")
        context.close()
        eventually(lambda: open_sessions(server) == 0, "the sessions of closed tabs to go")
        eventually(lambda: sum(one.count for one in followings) == 0, "the pages to follow no more")
        assert open_sessions(server) == 0


def open_sessions(server: PageServer) -> int:
    return sum(len(server.panel.get_sessions(path)) for path in server.panel._tornado.app_paths)


@contextmanager
def second_server(program: Program) -> Iterator[tuple[PageServer, list[Following | News]]]:
    """A page server of our own on the program's services, so that its sessions can be counted."""
    settings = Settings(
        home=program.home,
        port=0,
        database_url=SecretStr(embedded_urls.database_url(program.home)),
        redis_url=SecretStr(embedded_urls.redis_url(program.home)),
    )
    started = threading.Event()
    ends: list[Callable[[], object]] = []
    made: list[PageServer] = []
    followings: list[Following | News] = []

    async def serve() -> None:
        from dashboard.pages.routes import context_of, routes_of  # noqa: PLC0415  # heavy

        services = compose(settings)
        listener = listener_of(services)
        context = context_of(services, listener)
        followings.extend((context.news, context.pulse.following))
        async with build(services, routes_of(context), listener=listener).running() as server:
            made.append(server)
            stop = asyncio.Event()
            ends.append(partial(asyncio.get_running_loop().call_soon_threadsafe, stop.set))
            started.set()
            await stop.wait()
        await services.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    try:
        assert started.wait(START_S), "the second server did not start"
        yield made[0], followings
    finally:
        for end in ends:
            end()
        thread.join(30)
