"""Light and dark, wide and narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from layouts.theme import DARK, LIGHT
from tests.browser.conftest import Program, Tab, eventually

PAGES = ["/inspect", "/inspection?id={id}", "/runs", "/runs?send=new", "/plant", "/system"]


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def expect_ground(tab: Tab, colour: str) -> None:
    expect(tab.page.locator("body")).to_have_css("background-color", rgb(colour))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768)], ids=["1440", "1024"])
def test_nothing_runs_over_the_edge(tab: Tab, sample: dict[str, str], path: str, width: int, height: int) -> None:
    tab.page.set_viewport_size({"width": width, "height": height})
    page = tab.open(path.format(id=sample["id"]))
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    widths = page.locator(".sheet").evaluate_all("(all) => all.map((one) => [one.scrollWidth, one.clientWidth])")
    assert widths
    assert all(needed <= there + 1 for needed, there in widths)


def test_at_1024_px_the_right_column_goes_under(tab: Tab, sample: dict[str, str]) -> None:
    page = tab.open(f"/inspection?id={sample['id']}")
    first, second = page.locator(".columns > .first"), page.locator(".columns > .second")

    def below() -> bool:
        one, other = first.bounding_box(), second.bounding_box()
        return one is not None and other is not None and other["y"] >= one["y"] + one["height"]

    assert not below()
    page.set_viewport_size({"width": 1024, "height": 768})
    eventually(below, "the right column to go under")


def test_the_theme_is_switched_and_remembered(tab: Tab) -> None:
    page = tab.open("/inspect")
    expect_ground(tab, LIGHT.ground)
    page.get_by_role("button", name="Dark theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect_ground(tab, DARK.ground)
    tab.open("/system")
    expect_ground(tab, DARK.ground)
    expect(page.get_by_role("button", name="Light theme")).to_be_visible()


def test_without_a_choice_the_system_decides(chromium: Browser, program: Program) -> None:
    context = chromium.new_context(color_scheme="dark")
    tab = Tab(context.new_page(), program.url)
    tab.open("/system")
    expect_ground(tab, DARK.ground)
    assert tab.elsewhere() == []
    context.close()


def test_the_rail_folds_and_stays_so(tab: Tab) -> None:
    page = tab.open("/inspect")
    page.get_by_role("button", name="Icons only").click()
    expect(page.locator("nav .word").first).to_be_hidden()
    tab.open("/system")
    expect(page.locator("nav .word").first).to_be_hidden()
    page.get_by_role("button", name="Show words").click()
    expect(page.locator("nav .word").first).to_be_visible()


def test_type_is_plex_from_our_own_server(tab: Tab) -> None:
    page = tab.open("/inspect")
    expect(page.locator("a.row").first).to_be_visible()
    page.evaluate("document.fonts.ready")
    assert any("ibm-plex-sans" in url for url in tab.asked)
    assert any("ibm-plex-mono" in url for url in tab.asked)
    assert page.evaluate("document.fonts.check('14px \"IBM Plex Sans\"')")


def test_only_pages_that_exist_are_in_the_rail(tab: Tab) -> None:
    page = tab.open("/system")
    expect(page.locator("nav a .word")).to_have_text(["Inspect", "Runs", "Plant", "People", "System"])
    expect(page.locator("nav a[aria-current=page] .word")).to_have_text("System")
