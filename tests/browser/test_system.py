from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Tab


def test_every_part_says_how_it_is(tab: Tab) -> None:
    page = tab.open("/system")
    for part in ("PostgreSQL", "Redis", "Page server", "Relay", "Worker 1", "Queue", "Pictures", "Disk"):
        row = page.locator("tr").filter(has=page.get_by_role("rowheader", name=part, exact=True))
        expect(row.locator(".verdict")).to_have_text("Working")
    expect(page.locator("tr").filter(has_text="ONNX Runtime").locator(".verdict")).to_have_count(0)


def test_the_strip_shows_health_on_every_page(tab: Tab) -> None:
    page = tab.open("/inspect")
    for part in ("Database", "Queue", "Workers"):
        expect(page.locator(".health a.ok").filter(has_text=part)).to_be_visible()
