"""The Runs page with the real program: files on their way, runs as they move, and what is done with them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import CDPSession, Locator, Page, Request, expect

from tests.browser.conftest import Program, Tab, eventually
from tests.browser.test_dropping import drop, ten
from tests.browser.test_staying_open import found_parts
from tests.conftest import ROOT

__all__ = ["ten"]

SAMPLES = ROOT / "data" / "assets" / "samples"
PHOTO = SAMPLES / "ds18b20.jpg"
SLOW_BYTES_PER_S = 1_500_000
LARGE_BYTES = 9_000_000
UNDER_WAY = re.compile(r"^[2-9]\d %, .*MB/s, .* left$")
"""So far that the server has some of it, whatever lies in buffers."""

HOSTILE = '<img src=x onerror="window.hurt=1"> \u202eesrever \U0001f9ea ' + "long " * 30


def archive(*members: tuple[str, bytes]) -> bytes:
    """Return a zip of members that are kept as they are."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name, data in members:
            made.writestr(name, data)
    return held.getvalue()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """An archive that takes a while to send: a photo, and noise that is refused."""
    path = tmp_path / "large.zip"
    path.write_bytes(archive(("noise.bin", os.urandom(LARGE_BYTES)), ("part.jpg", PHOTO.read_bytes())))
    return path


def sender(page: Page) -> Locator:
    return page.locator(".sender")


def begin(page: Page, label: str, files: str) -> None:
    """Name the run and send what was gathered."""
    sender(page).get_by_label("Label").fill(label)
    sender(page).get_by_role("button", name=f"Send {files}").click()


def run_of(program: Program, label: str) -> dict[str, Any]:
    """Return the newest run of a label; nothing while there is none, or no server to ask."""
    runs: list[dict[str, Any]] = []
    with contextlib.suppress(httpx.HTTPError):
        runs = program.get("/v1/runs?limit=100")["items"]
    return next((run for run in runs if run["label"] == label), {})


def stored_files(program: Program, label: str) -> int:
    counts = run_of(program, label).get("counts", {"files": 0, "files_receiving": 0})
    return int(counts["files"] - counts["files_receiving"])


def ended(program: Program, label: str) -> dict[str, Any]:
    """Wait until a run has ended, and return it."""
    eventually(lambda: run_of(program, label).get("state") in {"done", "failed", "cancelled"}, f"run {label} to end")
    return run_of(program, label)


def row(page: Page, label: str) -> Locator:
    return page.locator("tbody tr").filter(has_text=label)


def slowly(page: Page) -> CDPSession:
    """Let the page send as over a slow line."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": SLOW_BYTES_PER_S}
    session.send("Network.emulateNetworkConditions", limits)
    return session


def sent_from(asked: list[Request]) -> list[int]:
    """Return the offsets that pieces of files were sent from."""
    return [int(one.headers["upload-offset"]) for one in asked if one.method == "PATCH"]


@pytest.fixture
def asked(tab: Tab) -> list[Request]:
    """The requests of the tab, as they come."""
    requests: list[Request] = []

    def heard(request: Request) -> None:
        requests.append(request)

    tab.page.on("request", heard)
    return requests


@pytest.mark.realchips
def test_photos_and_an_archive_become_one_run_that_moves_to_its_end(
    tab: Tab, program: Program, ten: list[Path]
) -> None:
    photos = [(path.name, path.read_bytes()) for path in ten]
    page = tab.open("/runs")
    drop(page, *photos, ("more.zip", archive(("in/a.jpg", PHOTO.read_bytes()), ("in/b.jpg", photos[0][1]))))
    begin(page, "Ten and a zip", "11 files")
    expect(page.get_by_role("heading", name="Ten and a zip")).to_be_visible()
    expect(row(page, "Ten and a zip")).to_contain_text("Done")
    expect(row(page, "Ten and a zip")).to_contain_text("12 of 12 judged")
    expect(page.locator(".side a.row")).to_have_count(12)
    expect(page.locator(".side a.row .verdict.waiting")).to_have_count(0)
    run = run_of(program, "Ten and a zip")
    assert (run["state"], run["counts"]["files"], run["counts"]["inspections"]) == ("done", 11, 12)
    assert page.url.endswith(f"/runs?run={run['id']}")


def test_a_result_leads_to_its_inspection_and_back_to_the_run(tab: Tab, program: Program) -> None:
    page = tab.open("/runs?send=new")
    drop(page, ("a.jpg", PHOTO.read_bytes()))
    begin(page, "There and back", "1 file")
    page.locator(".side a.row").click()
    tab.drawn()
    expect(page.locator(".drawing .package")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url(f"**/runs?run={run_of(program, 'There and back')['id']}")


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


def test_a_refused_file_says_why_and_takes_no_other_with_it(tab: Tab, program: Program) -> None:
    page = tab.open("/runs?send=new")
    drop(page, ("notes.jpg", b"This is no photo."), ("part.jpg", PHOTO.read_bytes()))
    begin(page, "One is none", "2 files")
    expect(row(page, "One is none")).to_contain_text("1 file refused")
    page.get_by_role("tab", name="Files").click()
    refused = page.locator("li.file.refused")
    expect(refused).to_contain_text("notes.jpg")
    why = program.get(f"{ended(program, 'One is none')['url']}/files?state=refused")["items"][0]["error"]["detail"]
    expect(refused.locator(".why")).to_have_text(why)
    page.get_by_role("button", name="Opened", exact=True).click()
    expect(page.locator("li.file")).to_have_count(1)
    expect(page.locator("li.file a")).to_have_attribute("href", re.compile("/inspection"))


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
    page.wait_for_function("!window.sameDocument", timeout=60_000)  # the page waited until all was stored
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
    assert run_of(program, "Cancelled on its way")["state"] == "cancelled"


@pytest.fixture
def still(program: Program) -> Iterator[None]:
    """The worker, stopped as a frozen machine is, until the test ends."""
    pids = [part.pid for part in found_parts(program) if part.name.startswith("worker") and part.pid]
    for pid in pids:
        os.killpg(os.getpgid(pid), signal.SIGSTOP)
    yield
    for pid in pids:
        os.killpg(os.getpgid(pid), signal.SIGCONT)


def test_a_run_that_waits_is_cancelled_once_it_was_asked_about(tab: Tab, program: Program, still: None) -> None:
    page = tab.open("/runs?send=new")
    drop(page, ("a.jpg", PHOTO.read_bytes()))
    begin(page, "Cancelled while waiting", "1 file")
    page.get_by_role("button", name="Cancel run").click()
    question = page.get_by_role("alertdialog", name="Cancel this run?")
    question.get_by_role("button", name="Keep it").click()
    expect(question).to_be_hidden()
    page.get_by_role("button", name="Cancel run").click()
    question.get_by_role("button", name="Cancel it").click()
    expect(row(page, "Cancelled while waiting")).to_contain_text("Cancelled")
    expect(page.get_by_role("button", name="Cancel run")).to_be_hidden()


def test_results_are_fetched_as_a_table(tab: Tab, program: Program) -> None:
    page = tab.open("/runs?send=new")
    drop(page, ("=cmd.jpg", PHOTO.read_bytes()))
    begin(page, "As a table", "1 file")
    expect(row(page, "As a table")).to_contain_text("Done")
    with page.expect_download() as found:
        page.get_by_role("link", name="Results as CSV").click()
    assert found.value.suggested_filename == f"run-{run_of(program, 'As a table')['id']}.csv"
    lines = found.value.path().read_text(encoding="utf-8").splitlines()
    assert (len(lines), lines[0].startswith("file,state,verdict")) == (2, True)
    assert lines[1].startswith("'=cmd.jpg,done,")


def test_filters_are_in_the_address_and_back_undoes_them(tab: Tab, program: Program) -> None:
    page = tab.open("/runs?send=new")
    for label in ("Filtered one", "Filtered two"):
        drop(page, ("a.jpg", PHOTO.read_bytes()))
        begin(page, label, "1 file")
        ended(program, label)
        page.keyboard.press("n")
    page = tab.open("/runs?label=filtered")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("searchbox", name="Label").fill("filtered two")
    page.wait_for_url("**/runs?label=filtered+two")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("combobox", name="State").select_option("cancelled")
    expect(page.get_by_text("No run is like that")).to_be_visible()
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("textbox", name="From").fill("2020-01-01")
    page.get_by_role("textbox", name="To", exact=True).fill("2020-01-02")
    expect(page.get_by_text("No run is like that")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(row(page, "Filtered one")).to_be_visible()
    page.wait_for_url("**/runs")


def test_a_run_is_sent_and_opened_without_a_mouse(tab: Tab, program: Program) -> None:
    page = tab.open("/inspect")
    page.keyboard.press("g")
    page.keyboard.press("r")
    page.wait_for_url("**/runs")
    tab.drawn()
    page.keyboard.press("n")
    page.wait_for_url("**/runs?send=new")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("o")
    chooser.value.set_files([PHOTO])
    send = sender(page).get_by_role("button", name="Send 1 file")
    expect(send).to_be_enabled()
    sender(page).get_by_label("Label").focus()
    page.keyboard.type("By keys")
    for _ in range(12):
        page.keyboard.press("Tab")
        if send.evaluate("(one) => one === one.getRootNode().activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="By keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url("**/runs")
    expect(row(page, "By keys")).to_contain_text("Done")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/runs?run={run_of(program, 'By keys')['id']}")
    expect(page.get_by_role("heading", name="By keys")).to_be_visible()


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


def test_hostile_names_are_text(tab: Tab, program: Program) -> None:
    page = tab.open("/runs?send=new")
    drop(page, (f"{HOSTILE}.jpg", PHOTO.read_bytes()))
    sender(page).get_by_label("Label").fill(HOSTILE[:190])
    sender(page).get_by_role("button", name="Send 1 file").click()
    expect(page.get_by_label("Run", exact=True).get_by_role("heading").first).to_contain_text("<img src=x")
    page.get_by_role("tab", name="Files").click()
    expect(page.locator("li.file")).to_contain_text("<img src=x")
    assert page.evaluate("window.hurt") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440


def test_a_run_that_is_not_there_is_said(tab: Tab) -> None:
    page = tab.open("/runs?run=00000000-0000-7000-8000-000000000000")
    expect(page.get_by_role("heading", name="No such run")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    page.wait_for_url("**/runs")


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
