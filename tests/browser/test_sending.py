"""A run on its way with the real program: gathered, sent, cut off in every way, and gone on with."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Request, expect

from tests.browser.conftest import Program, Tab, eventually
from tests.browser.run_page import (
    PHOTO,
    archive,
    begin,
    ended,
    row,
    run_of,
    sender,
    sent_from,
    slowly,
    stored_files,
)
from tests.browser.test_dropping import drop
from tests.browser.test_staying_open import found_parts

LARGE_BYTES = 9_000_000
UNDER_WAY = re.compile(r"^[2-9]\d %, .*MB/s, .* left$")
"""So far that the server has some of it, whatever lies in buffers."""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """An archive that takes a while to send: a photo, and noise that is refused."""
    path = tmp_path / "large.zip"
    path.write_bytes(archive(("noise.bin", os.urandom(LARGE_BYTES)), ("part.jpg", PHOTO.read_bytes())))
    return path


@pytest.fixture
def asked(tab: Tab) -> list[Request]:
    """The requests of the tab, as they come."""
    requests: list[Request] = []

    def heard(request: Request) -> None:
        requests.append(request)

    tab.page.on("request", heard)
    return requests


def test_an_upload_goes_on_where_it_was_when_the_server_was_killed(
    tab: Tab, program: Program, large: Path, asked: list[Request]
) -> None:
    page = tab.open("/runs?send=new")
    page.evaluate("window.sameDocument = true")
    slowly(page)
    page.locator("input[type=file]").first.set_input_files(large)
    begin(page, "Killed and resumed", "1 file")
    expect(sender(page).locator(".item .how")).to_have_text(UNDER_WAY)
    server = next(part for part in found_parts(program) if part.name == "server")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    expect(sender(page).locator(".item .how")).to_contain_text("Trying again")
    run = ended(program, "Killed and resumed")
    assert (run["state"], run["counts"]["inspections"]) == ("done", 1)
    tab.loads_itself_anew()  # the page waited until all was stored
    tab.drawn()
    expect(page.get_by_role("heading", name="Killed and resumed")).to_be_visible()
    assert sent_from(asked)[0] == 0 < sent_from(asked)[-1]


def test_an_upload_goes_on_where_it_was_when_the_page_was_left(
    tab: Tab, program: Program, large: Path, asked: list[Request]
) -> None:
    page = tab.open("/runs?send=new")
    slow = slowly(page)
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("input[type=file]").first.set_input_files([PHOTO, large])
    begin(page, "Left and resumed", "2 files")
    expect(sender(page).locator(".figure")).to_contain_text("1 of 2 files")
    expect(sender(page).locator(".item .how").first).to_have_text(UNDER_WAY)
    page.goto(f"{tab.base}/system")
    tab.drawn()
    slow.detach()
    before = len(asked)
    page = tab.open("/runs")
    expect(page.get_by_text("was cut off: 1 of 2 files are stored")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("1 of 2 files are stored already")).to_be_visible()
    page.locator("input[type=file]").first.set_input_files([PHOTO, large])
    run = ended(program, "Left and resumed")
    assert (run["counts"]["files"], run["counts"]["inspections"]) == (2, 2)
    expect(row(page, "Left and resumed")).to_contain_text("Done")
    (offset,) = sent_from(asked[before:])
    assert offset > 0
    assert not [one for one in asked[before:] if one.method == "POST" and one.url.endswith("/v1/uploads")]
    expect(page.get_by_text("was cut off")).to_be_hidden()


def test_sending_pauses_and_goes_on(tab: Tab, program: Program, large: Path, asked: list[Request]) -> None:
    page = tab.open("/runs?send=new")
    slowly(page)
    page.locator("input[type=file]").first.set_input_files(large)
    begin(page, "Paused", "1 file")
    expect(sender(page).locator(".item .how")).to_have_text(UNDER_WAY)
    page.get_by_role("button", name="Pause").click()
    expect(sender(page).locator(".figure")).to_contain_text("paused")
    page.get_by_role("button", name="Resume").click()
    expect(row(page, "Paused")).to_contain_text("Done")
    assert sent_from(asked)[-1] > 0


def test_a_run_is_cancelled_while_it_is_sent_once_it_was_asked_about(tab: Tab, program: Program, large: Path) -> None:
    page = tab.open("/runs?send=new")
    slowly(page)
    page.locator("input[type=file]").first.set_input_files(large)
    begin(page, "Cancelled on its way", "1 file")
    expect(sender(page).locator(".item .how")).to_have_text(UNDER_WAY)
    sender(page).get_by_role("button", name="Cancel").click()
    question = page.get_by_role("alertdialog", name="Cancel this run?")
    question.get_by_role("button", name="Go on sending").click()
    expect(question).to_be_hidden()
    sender(page).get_by_role("button", name="Cancel").click()
    question.get_by_role("button", name="Cancel the run").click()
    expect(row(page, "Cancelled on its way")).to_contain_text("Cancelled")
    eventually(lambda: run_of(program, "Cancelled on its way")["state"] == "cancelled", "the run to be cancelled")


def test_a_thousand_files_are_gathered_and_sent_while_the_page_stays_usable(tab: Tab, program: Program) -> None:
    page = tab.open("/runs?send=new")
    page.evaluate(
        """() => {
          const transfer = new DataTransfer()
          for (let i = 0; i < 1000; i += 1) transfer.items.add(new File([`no photo ${i}`], `folder/${i}.jpg`))
          document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true}))
        }"""
    )
    expect(sender(page).locator(".figure")).to_contain_text("1,000 files")
    assert sender(page).locator("li.item").count() < 60
    begin(page, "A thousand", "1,000 files")
    expect(sender(page).locator(".figure")).to_contain_text("of 1,000 files")
    assert sender(page).locator("li.item").count() < 60
    page.get_by_role("searchbox", name="Label").fill("thousand")
    page.wait_for_url("**label=thousand**")
    eventually(lambda: stored_files(program, "A thousand") > 20, "files to be stored")
    expect(row(page, "A thousand")).to_contain_text("received so far")
    sender(page).locator(".long").evaluate("(list) => { list.scrollTop = list.scrollHeight }")
    expect(sender(page).locator("li.item").last).to_have_attribute("aria-posinset", "1000")
    sender(page).get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the run").click()
    assert ended(program, "A thousand")["state"] == "cancelled"


def test_what_is_wrong_with_a_new_run_is_said_before_a_byte_is_sent(tab: Tab, asked: list[Request]) -> None:
    page = tab.open("/runs?send=new")
    drop(page, ("a.jpg", PHOTO.read_bytes()))
    sender(page).get_by_label("or part number").fill("NOSUCHPART")
    sender(page).get_by_role("button", name="Send 1 file").click()
    expect(sender(page).get_by_role("alert")).to_contain_text("NOSUCHPART")
    expect(sender(page).get_by_role("button", name="Send 1 file")).to_be_enabled()
    assert not [one for one in asked if "/v1/uploads" in one.url]


def test_a_file_that_the_server_does_not_take_says_why_and_is_tried_again(tab: Tab, program: Program) -> None:
    page = tab.open("/runs?send=new")
    full = {"type": "x", "title": "The store is full", "detail": "No room is left.", "remedy": "Free some space."}
    page.route(
        "**/v1/uploads",
        lambda route: route.fulfill(status=507, content_type="application/problem+json", body=json.dumps(full)),
        times=1,
    )
    drop(page, ("a.jpg", PHOTO.read_bytes()))
    begin(page, "Full for a while", "1 file")
    trouble = sender(page).locator("li.trouble")
    expect(trouble).to_contain_text("The store is full. No room is left. Free some space.")
    trouble.get_by_role("button", name="Retry").click()
    assert ended(program, "Full for a while")["state"] == "done"


def test_a_folder_is_sent_with_all_that_lies_in_it(tab: Tab, program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "reel"
    (folder / "deep" / "er").mkdir(parents=True)
    for place in ("a.jpg", "deep/b.jpg", "deep/er/c.jpg"):
        shutil.copy(PHOTO, folder / place)
    (folder / ".DS_Store").write_bytes(b"of the system")
    page = tab.open("/runs")
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 700, "y": 500, "data": data})
    begin(page, "A folder", "3 files")
    run = ended(program, "A folder")
    files = program.get(f"{run['url']}/files")["items"]
    assert sorted(file["name"] for file in files) == ["reel/a.jpg", "reel/deep/b.jpg", "reel/deep/er/c.jpg"]


def test_a_folder_that_is_chosen_is_sent_as_one_that_is_dropped(tab: Tab, program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "chosen"
    folder.mkdir()
    shutil.copy(PHOTO, folder / "a.jpg")
    page = tab.open("/runs?send=new")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(folder)
    begin(page, "A chosen folder", "1 file")
    (file,) = program.get(f"{ended(program, 'A chosen folder')['url']}/files")["items"]
    assert file["name"] == "chosen/a.jpg"
