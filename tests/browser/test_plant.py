"""The Plant page in a real browser: described with the keyboard alone, and the link is the state."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Program, Tab
from tests.conftest import ROOT

SAMPLE = ROOT / "data" / "assets" / "samples" / "mc74hc32an-clean-1.jpg"


class Plant:
    """A site, its line and its station of their own for one test, told over the API."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.key = uuid4().hex[:6]
        self.site = self.post("/v1/sites", name=f"Site {self.key}")
        self.line = self.post("/v1/lines", name=f"Line {self.key}", site=self.site["id"])
        self.station = self.post("/v1/stations", name=f"AOI {self.key}", line=self.line["id"])

    def post(self, path: str, **said: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self.program.url}{path}", json=said, timeout=30)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def plant(program: Program) -> Plant:
    return Plant(program)


def place(page: Page, name: str) -> Locator:
    return page.get_by_role("treeitem").filter(has=page.locator(".name", has_text=name))


def test_a_key_pressed_as_soon_as_the_page_is_there_is_heard(tab: Tab) -> None:
    tab.page.add_init_script("performance.now = () => 300")
    page = tab.open("/plant")
    page.get_by_role("treeitem").first.focus()
    page.keyboard.press("n")
    expect(page.get_by_role("dialog")).to_contain_text("Add a site")


def test_a_plant_is_described_with_the_keyboard_alone(tab: Tab) -> None:
    page = tab.open("/inspect")
    for key in ("g", "p"):
        page.keyboard.press(key)
    page.wait_for_url("**/plant")
    tab.drawn()
    key = uuid4().hex[:6]
    expect(place(page, "bench").first).to_be_visible()
    page.get_by_role("treeitem").first.focus()
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Add a site")
    page.keyboard.type(f"Keys {key}")
    page.keyboard.press("Enter")
    site = place(page, f"Keys {key}")
    expect(site).to_have_attribute("aria-selected", "true")
    site.focus()
    for word, name in (("Add a line", f"Line {key}"), ("Add a station", f"Eye {key}")):
        page.keyboard.press("n")
        expect(dialog).to_contain_text(word)
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        expect(place(page, name)).to_have_attribute("aria-selected", "true")
        place(page, name).focus()
    expect(page.get_by_role("heading", name=f"Station Eye {key}")).to_be_visible()
    page.keyboard.press("e")
    expect(dialog).to_contain_text("Change the station")
    page.keyboard.type(f"Eye B {key}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Station Eye B {key}")).to_be_visible()
    place(page, f"Eye B {key}").focus()
    page.keyboard.press("Delete")
    expect(dialog).to_contain_text("Delete the station")
    page.keyboard.press("Enter")
    expect(place(page, f"Eye B {key}")).to_have_count(0)


def test_arrows_move_open_and_close(tab: Tab, plant: Plant) -> None:
    page = tab.open(f"/plant?place=station:{plant.station['id']}")
    line = place(page, plant.line["name"])
    expect(place(page, plant.station["name"])).to_have_attribute("aria-selected", "true")
    line.focus()
    page.keyboard.press("ArrowLeft")
    expect(place(page, plant.station["name"])).to_have_count(0)
    expect(line).to_have_attribute("aria-expanded", "false")
    expect(line).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(place(page, plant.station["name"])).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(place(page, plant.station["name"])).to_be_focused()


def test_what_is_wrong_is_shown_at_its_field_and_escape_leaves_everything_as_it_is(tab: Tab, plant: Plant) -> None:
    page = tab.open(f"/plant?place=site:{plant.site['id']}")
    page.get_by_role("button", name="Add line").click()
    page.get_by_label("Name").fill(plant.line["name"])
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("dialog")).to_contain_text("already in that site")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("alert").filter(has_text="it still has 1 line.")).to_be_visible()


def test_a_lot_is_started_held_released_and_closed(tab: Tab, plant: Plant) -> None:
    page = tab.open(f"/plant?place=station:{plant.station['id']}")
    expect(page.get_by_role("heading", name=f"Lots of {plant.station['name']}")).to_be_visible()
    page.get_by_role("button", name="Start a lot").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Station")).to_have_value(plant.station["name"])
    page.get_by_label("Code", exact=True).fill(f"L-{plant.key}")
    page.get_by_label("Recipe version").select_option(label="MC74HC32AN DIP-14, version 1, in force")
    page.get_by_label("Date code").fill("9960")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Date code")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Date code").fill("9203")
    page.get_by_label("Trace code on the mark").fill("X7")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Trace code on the mark")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Trace code on the mark").fill("")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    row = page.get_by_role("row").filter(has_text=f"L-{plant.key}")
    expect(row).to_contain_text("date 9203")
    expect(row).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("heading", name=f"Units of lot L-{plant.key}")).to_be_visible()
    row.focus()
    page.keyboard.press("h")
    expect(dialog).to_contain_text("on hold?")
    page.keyboard.type("Wrong label")
    dialog.get_by_role("button", name="Hold").click()
    expect(row).to_contain_text("On hold")
    expect(page.get_by_text("On hold: Wrong label")).to_be_visible()
    expect(place(page, plant.station["name"]).locator(".flag.hold")).to_have_text(f"L-{plant.key}")
    page.get_by_role("button", name="Release").click()
    page.get_by_label("Reason").fill("Mended")
    dialog.get_by_role("button", name="Release").click()
    expect(row).to_contain_text("Open")
    page.get_by_role("button", name="Close lot").click()
    dialog.get_by_role("button", name="Close lot").click()
    expect(row).to_contain_text("Closed")
    expect(page.get_by_role("button", name="Hold", exact=True)).to_have_count(0)


def test_units_lead_to_the_inspections_of_every_attempt(tab: Tab, plant: Plant, program: Program) -> None:
    code = f"U-{plant.key}"
    plant.post("/v1/lots", code=code, station=plant.station["name"])
    for _ in range(2):
        answer = httpx.post(
            f"{program.url}/v1/inspections?wait_ms=30000",
            files={"image": SAMPLE.read_bytes()},
            data={"lot": code, "unit_serial": f"S-{plant.key}"},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
    page = tab.open(f"/plant?lot={code}")
    row = page.get_by_role("row").filter(has_text=f"S-{plant.key}")
    expect(row.locator("a.look")).to_have_count(2)
    row.locator("a.look").last.click()
    page.wait_for_url(f"**/inspection?id={answer.json()['id']}")


def test_a_difference_between_triggers_and_results_is_shown(tab: Tab, plant: Plant) -> None:
    page = tab.open(f"/plant?place=station:{plant.station['id']}")
    expect(page.get_by_text("the station says nothing")).to_be_visible()
    plant.post(f"/v1/stations/{plant.station['id']}/triggers", count=3)
    expect(page.locator(".told.wrong")).to_have_text("3 triggers have no picture.")
    hour = page.get_by_role("row").filter(has_text="3 triggers have no picture.")
    expect(hour.get_by_role("cell").first).to_have_text("3")
    expect(page.locator(".hours li.differs")).to_have_attribute("title", re.compile("3 triggers, 0 pictures"))


def test_the_link_is_the_state_and_back_goes_back(tab: Tab, plant: Plant) -> None:
    for number in (1, 2):
        plant.post("/v1/lots", code=f"B{number}-{plant.key}", station=plant.station["name"])
    page = tab.open("/plant")
    place(page, plant.station["name"]).click()
    page.wait_for_url(f"**/plant?place=station%3A{plant.station['id']}")
    expect(page.get_by_role("grid", name=f"Lots of {plant.station['name']}").locator("tbody tr")).to_have_count(2)
    page.get_by_label("Find a lot").fill(f"B2-{plant.key}")
    page.wait_for_url(f"**&code=B2-{plant.key}")
    row = page.get_by_role("row").filter(has_text=f"B2-{plant.key}")
    row.click()
    page.wait_for_url(f"**&lot=B2-{plant.key}")
    shared = page.url.removeprefix(tab.base)
    page.go_back()
    expect(page.get_by_role("heading", name="Units of lot")).to_have_count(0)
    tab.open(shared)
    expect(page.get_by_label("Find a lot")).to_have_value(f"B2-{plant.key}")
    expect(page.get_by_role("heading", name=f"Units of lot B2-{plant.key}")).to_be_visible()
    expect(page.get_by_role("heading", name=f"Station {plant.station['name']}")).to_be_visible()


def test_what_is_not_there_any_more_is_said(tab: Tab) -> None:
    page = tab.open("/plant?place=station:0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d&lot=none-such")
    expect(page.get_by_text("There is no such station any more.")).to_be_visible()
    expect(page.get_by_text("There is no such lot.")).to_be_visible()


def test_markup_in_names_is_text(tab: Tab, plant: Plant) -> None:
    name = f"<img src=x onerror=alert(1)> {plant.key}"
    station = plant.post("/v1/stations", name=name, line=plant.line["id"])
    plant.post("/v1/lots", code=f"<b>{plant.key}", station=name)
    page = tab.open(f"/plant?place=station:{station['id']}&lot=%3Cb%3E{plant.key}")
    expect(page.get_by_role("heading", name=f"Station {name}")).to_be_visible()
    expect(page.get_by_role("heading", name=f"Units of lot <b>{plant.key}")).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
