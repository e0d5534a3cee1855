"""The whole task without a mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Program, Tab

FOCUSED = """() => {
  let element = document.activeElement
  while (element && element.shadowRoot && element.shadowRoot.activeElement) element = element.shadowRoot.activeElement
  const style = getComputedStyle(element)
  return {
    tag: element.tagName, role: element.getAttribute("role"), text: element.textContent.trim().slice(0, 40),
    seen: style.outlineStyle !== "none" || style.boxShadow !== "none",
  }
}"""


def focused(page: Page) -> dict[str, object]:
    found: dict[str, object] = page.evaluate(FOCUSED)
    return found


def test_keys_lead_from_the_list_into_a_part_and_back(tab: Tab, program: Program) -> None:
    items = program.inspections()
    page = tab.open("/inspect")
    expect(page.locator("a.row")).to_have_count(len(items))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/inspection?id={items[1]['id']}")
    tab.drawn()
    expect(page.get_by_role("img", name=re.compile("Photo of the part"))).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url("**/inspect")
    tab.drawn()
    expect(page.locator("a.row")).to_have_count(len(items))


@pytest.mark.parametrize(
    ("letter", "path", "name"),
    [("i", "/inspect", "Inspect"), ("r", "/runs", "Runs"), ("p", "/plant", "Plant"), ("s", "/system", "System")],
)
def test_g_and_a_letter_change_the_page(tab: Tab, letter: str, path: str, name: str) -> None:
    page = tab.open("/inspect" if letter != "i" else "/system")
    page.keyboard.press("g")
    page.keyboard.press(letter)
    page.wait_for_url(f"**{path}")
    tab.drawn()
    expect(page.locator("nav a[aria-current]")).to_have_accessible_name(name)


def test_a_question_mark_shows_the_keys_of_the_page(tab: Tab) -> None:
    page = tab.open("/inspect")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("Choose photos")
    expect(dialog).to_contain_text("Go to System")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_slash_searches_and_keys_typed_there_are_text(tab: Tab, program: Program) -> None:
    page = tab.open("/system")
    page.keyboard.press("/")
    page.keyboard.type("gs?")
    expect(page.get_by_role("searchbox")).to_have_value("gs?")
    page.get_by_role("searchbox").fill("DS18B20")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inspect?find=DS18B20")
    tab.drawn()
    expect(page.locator("a.row").first).to_contain_text("18B20")
    expect(page.get_by_role("heading", name="Results for")).to_contain_text("DS18B20")
    page.get_by_role("link", name="Leave the search").click()
    tab.drawn()
    expect(page.get_by_role("heading", name="Results", exact=True)).to_be_visible()


def test_a_search_finds_what_was_read_and_stepping_stays_among_it(tab: Tab, program: Program) -> None:
    page = tab.open("/inspect?find=fffg")
    expect(page.locator("a.row").first).to_contain_text("FFFG")
    expect(page.locator("a.row").filter(has_not_text="FFFG")).to_have_count(0)
    page.locator("a.row").first.click()
    tab.drawn()
    expect(page.get_by_role("link", name="All results").first).to_have_attribute("href", "/inspect?find=fffg")


def test_what_is_searched_for_is_shown_as_text(tab: Tab) -> None:
    page = tab.open("/inspect?find=%3Cimg+src%3Dx+onerror%3D%22window.hurt%3D1%22%3E")
    expect(page.get_by_role("heading", name="Results for")).to_contain_text('<img src=x onerror="window.hurt=1">')
    assert page.evaluate("window.hurt") is None


def test_a_search_that_finds_nothing_says_what_can_be_searched(tab: Tab) -> None:
    page = tab.open("/inspect?find=NE555")
    expect(page.get_by_text("Nothing found for NE555")).to_be_visible()
    expect(page.get_by_text("Search by text on the mark, part number, recipe, lot or inspection id.")).to_be_visible()


def test_whatever_has_the_focus_shows_it(tab: Tab) -> None:
    page = tab.open("/inspect")
    expect(page.locator("a.row").first).to_be_visible()
    met = []
    for _ in range(24):
        page.keyboard.press("Tab")
        met.append(focused(page))
    assert {"A", "BUTTON"} <= {found["tag"] for found in met}
    told_otherwise = {"BODY", "INPUT"}
    assert [
        found
        for found in met
        if not found["seen"] and found["tag"] not in told_otherwise and found["role"] != "combobox"
    ] == []


def test_a_recipe_is_made_without_a_mouse(tab: Tab, program: Program) -> None:
    items = program.inspections()
    page = tab.open(f"/inspection?id={items[-1]['id']}")
    start = page.get_by_role("button", name="Make recipe from this reading")
    expect(page.locator(".drawing .package")).to_be_visible()
    start.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Recipe name")).to_be_visible()
    page.get_by_label("Recipe name").fill("Made by keys")
    page.get_by_role("button", name="Publish").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Published: Made by keys, version 1.")).to_be_visible()
