"""The page about the API in a browser: found through, light and dark, without any other host."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Tab


def test_a_search_leaves_what_holds_its_words(tab: Tab) -> None:
    tab.page.goto(f"{tab.base}/docs")
    find = tab.page.get_by_role("searchbox", name="Find an operation")
    tab.page.keyboard.press("/")
    expect(find).to_be_focused()
    tab.page.keyboard.type("overlay svg")
    expect(tab.page.locator("#getInspectionOverlay")).to_be_visible()
    expect(tab.page.locator("#createRecipe")).to_be_hidden()
    expect(tab.page.locator("nav [data-of=createRecipe]")).to_be_hidden()
    find.fill("nothing like this")
    expect(tab.page.get_by_text("Nothing on this page holds these words.")).to_be_visible()
    tab.page.keyboard.press("Escape")
    expect(tab.page.locator("#createRecipe")).to_be_visible()


def test_the_index_leads_to_an_operation(tab: Tab) -> None:
    tab.page.goto(f"{tab.base}/docs")
    tab.page.get_by_role("link", name="Publish a recipe's draft").first.click()
    expect(tab.page.locator("#publishRecipe")).to_be_in_viewport()


def test_an_example_is_copied_as_it_stands(tab: Tab) -> None:
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.page.goto(f"{tab.base}/docs")
    shell = tab.page.locator("#createInspection .shell")
    shell.get_by_role("button", name="Copy").click()
    expect(shell.get_by_role("button")).to_have_text("Copied")
    assert tab.page.evaluate("navigator.clipboard.readText()") == shell.locator("code").inner_text()


@pytest.mark.parametrize(("chosen", "ground"), [("light", "rgb(243, 244, 246)"), ("dark", "rgb(19, 22, 25)")])
def test_the_theme_chosen_on_the_pages_counts_here_too(tab: Tab, chosen: str, ground: str) -> None:
    tab.page.context.add_cookies([{"name": "marksight_theme", "value": chosen, "url": tab.base}])
    for path in ("/docs", "/problems", "/problems/not-found"):
        tab.page.goto(f"{tab.base}{path}")
        expect(tab.page.locator("html")).to_have_css("background-color", ground)
