"""The audit trail on the pages: what happened in words, unfolded by the keyboard, and live."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from data import embedded_urls
from tests.browser.conftest import Program, Tab
from tests.browser.test_keyboard import focused
from tests.conftest import ROOT

PHOTO = ROOT / "data" / "assets" / "samples" / "mc74hc32an-clean-1.jpg"


@pytest.fixture(scope="module")
def part(program: Program) -> dict[str, Any]:
    """A part that was sent in a request called `line-3-0031`, and judged."""
    answer = httpx.post(
        f"{program.url}/v1/inspections?wait_ms=30000",
        files={"image": (PHOTO.name, PHOTO.read_bytes())},
        data={"recipe": "MC74HC32AN DIP-14"},
        headers={"X-Request-Id": "line-3-0031"},
        timeout=60,
    )
    judged: dict[str, Any] = answer.raise_for_status().json()
    return judged


def entries(page: Page) -> Locator:
    return page.get_by_role("region", name="Audit trail").locator("summary")


def moved(program: Program, part: dict[str, Any], state: str, code: str | None) -> None:
    """Move an inspection by hand, as a worker that is lost would be told of."""

    async def move() -> None:
        connection = await asyncpg.connect(embedded_urls.postgres_url(program.home, embedded_urls.SUPERUSER))
        await connection.execute("SET marksight.actor = 'system:relay'")
        statement = "UPDATE inspections SET state = $2, error_code = $3 WHERE id = $1"
        await connection.execute(statement, UUID(part["id"]), state, code)
        await connection.close()

    with ThreadPoolExecutor(1) as beside:  # the browser has this thread's loop
        beside.submit(asyncio.run, move()).result()


def test_the_trail_says_in_words_what_happened_and_when(tab: Tab, part: dict[str, Any]) -> None:
    page = tab.open(f"/inspection?id={part['id']}")
    expect(entries(page)).to_have_count(2)
    recipe = f"recipe {part['recipe']['name']} version {part['recipe']['version']}"
    expect(entries(page).first).to_contain_text(f"Judged pass by {recipe}")
    expect(entries(page).last).to_contain_text("Came in from station bench")
    expect(entries(page).last).to_contain_text(f"To be judged by {recipe}.")
    time = entries(page).first.locator("time")
    shown, says = time.text_content() or "", time.get_attribute("title") or ""
    assert len(shown) == len("12:34:56")
    assert part["created_at"][:4] in says  # the whole date, with its zone, is on hover
    assert re.search(r"\b(UTC|GMT|[A-Z]{3,4})\b", says)


def test_an_entry_unfolds_by_the_keyboard_to_what_it_changed(tab: Tab, part: dict[str, Any]) -> None:
    page = tab.open(f"/inspection?id={part['id']}")
    expect(entries(page)).to_have_count(2)
    page.keyboard.press("a")
    assert str(focused(page)["text"]).startswith("Judged pass")
    page.keyboard.press("ArrowDown")
    assert (focused(page)["tag"], focused(page)["seen"]) == ("SUMMARY", True)
    page.keyboard.press("Enter")
    trail = page.get_by_role("region", name="Audit trail")
    expect(trail.get_by_role("row", name="Station bench")).to_be_visible()
    expect(trail.get_by_text("line-3-0031")).to_be_visible()
    expect(trail.get_by_text("table inspections, lane")).to_be_visible()
    page.keyboard.press("Enter")
    expect(trail.get_by_text("line-3-0031")).to_be_hidden()


def test_a_new_entry_shows_up_and_what_is_unfolded_stays_so(tab: Tab, program: Program, part: dict[str, Any]) -> None:
    page = tab.open(f"/inspection?id={part['id']}")
    entries(page).last.click()
    trail = page.get_by_role("region", name="Audit trail")
    expect(trail.get_by_text("line-3-0031")).to_be_visible()
    try:
        moved(program, part, "failed", "WORKER_LOST")
        expect(entries(page)).to_have_count(3)
        expect(entries(page).first).to_contain_text("Failed: WORKER_LOST")
        expect(entries(page).first).to_contain_text("The relay")
        expect(trail.get_by_text("line-3-0031")).to_be_visible()
        entries(page).first.click()
        expect(trail.get_by_role("row", name="Error code – WORKER_LOST")).to_be_visible()
    finally:
        moved(program, part, "done", None)


def test_what_is_done_with_a_lot_on_its_page_is_told_with_who_did_it(tab: Tab, program: Program) -> None:
    httpx.post(f"{program.url}/v1/lots", json={"code": "TRAIL-1"}, timeout=30).raise_for_status()
    page = tab.open("/plant?lot=TRAIL-1")
    trail = page.get_by_role("region", name="Audit trail of the lot")
    expect(trail.locator("summary").first).to_contain_text("Started")
    page.get_by_role("button", name="Hold", exact=True).click()
    page.get_by_label("Reason").fill("Smeared marks")
    page.get_by_role("dialog").get_by_role("button", name="Hold").click()
    held = trail.locator("summary").first
    expect(held).to_contain_text("Put on hold")
    expect(held).to_contain_text("Smeared marks")
    (entry, *_) = program.get("/v1/audit?table=lots&operation=update&limit=1")["items"]
    assert (entry["after"]["code"], entry["actor"].partition(":")[0]) == ("TRAIL-1", "user")
    held.click()
    expect(trail.get_by_text(entry["request_id"])).to_be_visible()


def test_an_inspection_that_is_not_there_has_an_empty_trail(tab: Tab) -> None:
    page = tab.open("/inspection?id=0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d")
    expect(page.get_by_text("Nothing in the audit trail")).to_be_visible()
