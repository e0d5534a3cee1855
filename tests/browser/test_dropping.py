from __future__ import annotations

import base64
import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Program, Tab, eventually
from tests.conftest import ROOT

PHOTOS = 10
SAMPLES = ROOT / "data" / "assets" / "samples"

DROP = """async ([files]) => {
  const transfer = new DataTransfer()
  for (const [name, base64] of files) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
    transfer.items.add(new File([bytes], name))
  }
  for (const name of ["dragenter", "dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(name, {dataTransfer: transfer, bubbles: true, cancelable: true}))
  }
}"""


@pytest.fixture
def ten(realchips: Path) -> list[Path]:
    """Ten photos of different parts, board and bench alike."""
    with (realchips / "labels.csv").open(newline="", encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["source"] in {"dip", "misc"} and row["lines"]]
    step = len(rows) // PHOTOS
    return [realchips / row["file"] for row in rows[::step][:PHOTOS]]


def drop(page: Page, *files: tuple[str, bytes]) -> None:
    """Drop files on the middle of nowhere: the whole page takes them."""
    page.evaluate(DROP, [[[name, base64.b64encode(data).decode()] for name, data in files]])


@pytest.mark.realchips
def test_ten_photos_dropped_at_once_come_back_with_verdicts_and_readable_evidence(
    tab: Tab, program: Program, ten: list[Path]
) -> None:
    before = {item["id"] for item in program.inspections()}
    page = tab.open("/inspect")
    expect(page.locator("a.row")).to_have_count(len(before))
    drop(page, *((path.name, path.read_bytes()) for path in ten))
    expect(page.get_by_text(f"{PHOTOS} of {PHOTOS} photos stored")).to_be_visible()
    expect(page.locator("a.row")).to_have_count(len(before) + PHOTOS)
    expect(page.locator("a.row .verdict.waiting")).to_have_count(0)
    new = [item for item in program.inspections() if item["id"] not in before]
    assert {item["file_name"] for item in new} == {path.name for path in ten}
    assert [item["state"] for item in new] == ["done"] * PHOTOS
    assert sum(page.locator(f"[data-id='{item['id']}'] .mark").inner_text() != "–" for item in new) >= PHOTOS - 1
    page.locator(f"[data-id='{new[0]['id']}']").click()
    tab.drawn()
    lines = program.get(f"/v1/inspections/{new[0]['id']}")["evidence"]["lines"]
    expect(page.locator(".drawing .line")).to_have_count(len(lines))
    labels, wanted = page.locator(".label text"), sorted(line["text"] for line in lines)
    eventually(lambda: sorted(labels.all_text_contents()) == wanted, "the text of every line beside it")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("notes.jpg", b"This is no photo.", "This is not a picture."),
        ("empty.png", b"", "There is no picture in the request."),
        ("cut.jpg", None, "The picture is cut off or damaged."),
    ],
    ids=["text", "nothing", "half a file"],
)
def test_what_is_no_photo_is_refused_in_words(
    tab: Tab, program: Program, name: str, data: bytes | None, said: str
) -> None:
    whole = (SAMPLES / "mc74hc32an-clean-1.jpg").read_bytes()
    before = len(program.inspections())
    page = tab.open("/inspect")
    drop(page, (name, whole[: len(whole) // 2] if data is None else data))
    refused = page.locator(".file.refused")
    expect(refused).to_contain_text("Not accepted")
    expect(refused.locator(".wrong")).to_contain_text(said)
    expect(page.get_by_text("0 of 1 photo stored, 1 not accepted")).to_be_visible()
    assert len(program.inspections()) == before


def test_a_refused_file_does_not_hold_up_the_others(tab: Tab, program: Program) -> None:
    good = (SAMPLES / "ds18b20.jpg").read_bytes()
    page = tab.open("/inspect")
    drop(page, ("notes.txt", b"no"), ("part.jpg", good))
    expect(page.get_by_text("1 of 2 photos stored, 1 not accepted")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".file")).to_have_count(0)


OFFER = """(samples) => {
  const zone = [...Bokeh.documents[0]._all_models.values()].find((one) => one.data && one.data.samples)
  zone.data.samples = samples
}"""


def test_a_sample_is_stored_as_a_photo_is_and_one_that_is_gone_says_so(tab: Tab, program: Program) -> None:
    before = len(program.inspections())
    page = tab.open("/inspect")
    expect(page.locator("a.row").first).to_be_visible()
    hostile = '<img src=x onerror="window.hurt=1">'
    page.evaluate(OFFER, [
        {"name": "ds18b20.jpg", "src": "/samples/ds18b20.jpg", "caption": hostile},
        {"name": "gone.jpg", "src": "/samples/gone.jpg", "caption": "Gone"},
    ])  # fmt: skip
    page.get_by_role("button", name="Gone").click()
    expect(page.locator(".file.refused")).to_contain_text("This sample could not be fetched.")
    page.get_by_role("button", name=hostile).click()
    expect(page.get_by_text("1 of 1 photo stored")).to_be_visible()
    assert page.evaluate("window.hurt") is None
    assert len(program.inspections()) == before + 1


def test_photos_are_judged_by_the_recipe_chosen(tab: Tab, program: Program) -> None:
    recipe = next(item for item in program.get("/v1/recipes")["items"] if item["name"].startswith("DS18B20"))
    page = tab.open(f"/inspect?recipe={recipe['id']}")
    expect(page.get_by_text(recipe["name"], exact=True)).to_be_visible()
    page.locator("input[type=file]").set_input_files(SAMPLES / "ds18b20.jpg")
    expect(page.get_by_text("1 of 1 photo stored")).to_be_visible()
    expect(page.locator("a.row").first.locator(".verdict")).to_have_text("Pass")
    assert program.inspections()[0]["recipe"]["id"] == recipe["id"]
