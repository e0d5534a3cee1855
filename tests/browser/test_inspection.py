from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.conftest import Program, Tab, eventually
from tests.conftest import ROOT

ASSETS = ROOT / "data" / "assets"


def box(found: Locator) -> FloatRect:
    """Where an element is; what is drawn anew just then is asked for again."""
    found_at: list[FloatRect] = []

    def seen() -> bool:
        bounds = found.bounding_box()
        if bounds is not None:
            found_at.append(bounds)
        return bool(found_at)

    eventually(seen, f"{found} to be in view")
    return found_at[0]


def opened(tab: Tab, item: dict[str, Any]) -> Page:
    page = tab.open(f"/inspection?id={item['id']}")
    expect(page.locator(".drawing .line").first).to_be_visible()
    return page


def test_the_verdict_stands_with_its_reasons_in_words(tab: Tab, program: Program, sample: dict[str, Any]) -> None:
    page = opened(tab, sample)
    expect(page.locator(".verdict.large")).to_have_text("Pass")
    words = [reason["words"] for reason in sample["reasons"]]
    expect(page.locator(".reasons li")).to_have_text(words)
    expect(page.get_by_text(f"{sample['recipe']['name']}, version {sample['recipe']['version']}")).to_be_visible()
    expect(page.get_by_text(sample["file_name"])).to_be_visible()


def test_everything_found_is_drawn_over_the_photo(tab: Tab, program: Program, sample: dict[str, Any]) -> None:
    evidence = program.get(f"/v1/inspections/{sample['id']}")["evidence"]
    characters = [one for line in evidence["lines"] for one in line["characters"]]
    page = opened(tab, sample)
    expect(page.locator(".drawing .line")).to_have_count(len(evidence["lines"]))
    expect(page.locator(".drawing .character")).to_have_count(len(characters))
    labels, wanted = page.locator(".label text"), {line["text"] for line in evidence["lines"]}
    eventually(lambda: {text.strip() for text in labels.all_text_contents()} == wanted, "the text of every line")


def test_the_words_never_lie_on_the_mark(tab: Tab, sample: dict[str, Any]) -> None:
    page = opened(tab, sample)
    package = box(page.locator(".drawing .package"))
    expect(page.locator(".label").first).to_be_visible()
    for label in page.locator(".label").all():
        assert box(label)["x"] > package["x"] + package["width"]


def test_layers_are_switched_by_button_and_by_key(tab: Tab, sample: dict[str, Any]) -> None:
    page = opened(tab, sample)
    page.get_by_role("button", name="Characters").click()
    expect(page.locator(".drawing .character")).to_have_count(0)
    page.keyboard.press("4")
    expect(page.locator(".label")).to_have_count(0)
    page.keyboard.press("4")
    expect(page.locator(".label").first).to_be_visible()


def test_the_photo_zooms_moves_and_goes_back(tab: Tab, sample: dict[str, Any]) -> None:
    page = opened(tab, sample)
    package = page.locator(".drawing .package")
    view, before = box(page.locator(".view")), box(package)
    middle = (view["x"] + view["width"] / 2, view["y"] + view["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.wheel(0, -400)
    eventually(lambda: box(package)["width"] > before["width"] * 1.5, "the wheel to zoom")
    zoomed = box(package)
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 40, steps=4)
    page.mouse.up()
    eventually(lambda: abs(box(package)["x"] - zoomed["x"] - 60) < 4, "the photo to follow the mouse")
    assert abs(box(package)["y"] - zoomed["y"] - 40) < 4
    page.mouse.dblclick(*middle)
    eventually(lambda: abs(box(package)["width"] - before["width"]) < 2, "a double click to go back")


def test_expected_stands_over_read_and_a_character_says_how_sure_it_is(tab: Tab, sample: dict[str, Any]) -> None:
    page = opened(tab, sample)
    field = page.get_by_role("group", name="Expected MC74HC32AN, read MC74HC32AN")
    expect(field.locator(".expected .cell")).to_have_text(list("MC74HC32AN"))
    expected, read = field.locator(".expected .cell").nth(3), field.locator(".read .cell").nth(3)
    assert abs(box(expected)["x"] - box(read)["x"]) < 1
    read.focus()
    expect(page.locator(".about").filter(has_text="margin")).to_contain_text("%")
    expect(page.locator(".tip")).to_be_visible()
    expect(page.locator(".drawing .character.pointed")).to_have_count(1)


@pytest.fixture(scope="module")
def wrong_part(program: Program) -> dict[str, Any]:
    """A part marked MC74HC32AN, judged by a recipe that expects MC74HC02AN."""
    recipe = json.loads((ASSETS / "recipes" / "mc74hc32an.json").read_text(encoding="utf-8"))
    recipe["name"] = "MC74HC02AN, ordered"
    recipe["variants"][0]["lines"][0]["text"] = "MC74HC02AN"
    with httpx.Client(base_url=program.url, timeout=60) as client:
        made = client.post("/v1/recipes", json=recipe).raise_for_status().json()["id"]
        client.post(f"/v1/recipes/{made}/publish").raise_for_status()
        photo = {"image": ("wrong.jpg", (ASSETS / "samples" / "mc74hc32an-clean-2.jpg").read_bytes())}
        answer = client.post("/v1/inspections?wait_ms=30000", files=photo, data={"recipe": made})
    judged: dict[str, Any] = answer.raise_for_status().json()
    return judged


def test_a_wrong_character_is_marked_in_both_lines_and_on_the_photo(tab: Tab, wrong_part: dict[str, Any]) -> None:
    page = opened(tab, wrong_part)
    expect(page.locator(".verdict.large")).to_have_text("Fail")
    expect(page.locator(".expected .cell.differs")).to_have_text("0")
    expect(page.locator(".read .cell.differs")).to_have_text("3")
    expect(page.locator(".drawing .character.differs")).to_have_count(1)
    expect(page.locator(".drawing .line.differs")).to_have_count(1)
    expect(page.locator(".drawing .line.ok")).to_have_count(1)


def test_filters_are_in_the_link_and_stepping_stays_among_them(tab: Tab, wrong_part: dict[str, Any]) -> None:
    page = tab.open("/inspect")
    page.get_by_role("button", name="Fail").click()
    page.wait_for_url("**/inspect?verdict=fail")
    expect(page.locator("a.row .verdict").filter(has_not_text="Fail")).to_have_count(0)
    page.locator(f"[data-id='{wrong_part['id']}']").click()
    tab.drawn()
    expect(page.get_by_role("link", name="All results")).to_have_attribute("href", "/inspect?verdict=fail")
    page.go_back()
    tab.drawn()
    expect(page.get_by_role("button", name="Fail")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="All").click()
    page.go_back()
    expect(page.get_by_role("button", name="Fail")).to_have_attribute("aria-pressed", "true")


def test_keys_step_through_inspections_and_the_address_follows(tab: Tab, program: Program) -> None:
    items = program.inspections()
    page = opened(tab, items[1])
    page.keyboard.press("j")
    page.wait_for_url(f"**/inspection?id={items[2]['id']}")
    expect(page.get_by_text(items[2]["file_name"])).to_be_visible()
    page.go_back()
    expect(page.get_by_text(items[1]["file_name"])).to_be_visible()
    page.keyboard.press("k")
    expect(page.get_by_text(items[0]["file_name"])).to_be_visible()
    expect(page.get_by_role("button", name="Newer")).to_be_disabled()
    page.keyboard.press("Escape")
    page.wait_for_url("**/inspect")


def test_an_id_that_is_none_says_so_and_leads_on(tab: Tab) -> None:
    page = tab.open("/inspection?id=0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d")
    expect(page.get_by_text("There is no inspection of this id.")).to_be_visible()
    page.get_by_role("link", name="All results").last.click()
    page.wait_for_url("**/inspect")


def test_two_clicks_make_a_recipe_of_a_reading(tab: Tab, program: Program, sample: dict[str, Any]) -> None:
    page = opened(tab, sample)
    page.get_by_role("button", name="Make recipe from this reading").click()
    expect(page.get_by_label("Expected lines")).to_have_value("MC74HC32AN\nFFFG{YYWW}")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published: MC74HC32AN")).to_be_visible()
    made = next(item for item in program.get("/v1/recipes")["items"] if item["name"].startswith("MC74HC32AN"))
    assert made["published"] == 1
    page.get_by_role("link", name="Judge photos by it").click()
    tab.drawn()
    expect(page.get_by_text(made["name"], exact=True)).to_be_visible()


@pytest.fixture
def unjudged(program: Program) -> dict[str, Any]:
    """A part that was read by no recipe."""
    photo = {"image": ("unjudged.jpg", (ASSETS / "samples" / "ds18b20.jpg").read_bytes())}
    answer = httpx.post(f"{program.url}/v1/inspections?wait_ms=30000", files=photo, timeout=60)
    judged: dict[str, Any] = answer.raise_for_status().json()
    return judged


def test_two_clicks_make_a_recipe_of_a_result(tab: Tab, program: Program, unjudged: dict[str, Any]) -> None:
    page = tab.open("/inspect")
    page.locator(f"li:has([data-id='{unjudged['id']}'])").get_by_role("link", name="Make recipe from").click()
    tab.drawn()
    publish = page.get_by_role("button", name="Publish")
    expect(publish).to_be_in_viewport()
    expect(page.get_by_label("Expected lines")).to_have_value(re.compile("18B20"))
    publish.click()
    expect(page.get_by_text(re.compile("Published: .*18B20"))).to_be_visible()
    page.keyboard.press("j")
    page.wait_for_url(lambda url: unjudged["id"] not in url)
    assert "make=" not in page.url


def test_keys_make_a_recipe_of_a_result(tab: Tab, unjudged: dict[str, Any]) -> None:
    page = tab.open("/inspect")
    expect(page.locator("a.row").first).to_have_attribute("data-id", unjudged["id"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("m")
    page.wait_for_url("**make=recipe")
    tab.drawn()
    expect(page.get_by_role("button", name="Publish")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Published: ")).to_be_visible()
    expect(page.get_by_role("button", name="Make recipe from this reading")).to_be_focused()


def test_a_recipe_that_is_none_is_refused_in_words(tab: Tab, sample: dict[str, Any]) -> None:
    page = opened(tab, sample)
    page.get_by_role("button", name="Make recipe from this reading").click()
    expect(page.get_by_label("Expected lines")).to_have_value(re.compile("MC74HC32AN"))
    page.get_by_label("Expected lines").fill("MC74{Q}")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".problem")).to_contain_text("lines[0].text")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Make recipe from this reading")).to_be_visible()
