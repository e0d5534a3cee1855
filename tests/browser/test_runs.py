"""The Runs page with the real program: files on their way, runs as they move, and what is done with them."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from data import embedded_urls
from data.acting import Actor, acting_as
from data.database import Database
from data.priorities import Priority
from data.repositories.inspections import NewInspection
from data.repositories.runs import NewRun
from data.tables import InspectionImage
from tests.browser.conftest import Program, Tab
from tests.browser.run_page import (
    PHOTO,
    archive,
    asyncio_run,
    begin,
    ended,
    row,
    run_of,
    sender,
)
from tests.browser.test_dropping import drop, ten
from tests.browser.test_staying_open import found_parts

__all__ = ["ten"]

HOSTILE = '<img src=x onerror="window.hurt=1"> \u202eesrever \U0001f9ea ' + "long " * 30


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
    expect(page.locator(".drawing .line").first).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_url(f"**/runs?run={run_of(program, 'There and back')['id']}")


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


async def _make_failed(program: Program, label: str) -> None:
    """Write a run whose one inspection failed, of a picture that is there, as a worker in trouble would leave it."""
    database = Database(embedded_urls.database_url(program.home))
    with acting_as(Actor("user:tester")):  # in a thread of its own
        await _write_failed(database, label)
    await database.close()


async def _write_failed(database: Database, label: str) -> None:
    async with database.unit_of_work() as work:
        image_id = await work.session.scalar(select(InspectionImage.image_id).limit(1))
        assert image_id is not None
        station_id = await work.plant.station_id(None)
        run_id = await work.runs.create(NewRun("test", station_id, Priority.BATCH, label=label))
        attempt = await work.parts.begin_attempt(None, None)
        told: dict[str, Any] = {"attempt": attempt, "station_id": station_id, "image_id": image_id, "run_id": run_id}
        new = NewInspection(id=work.new_id(), captured_at=datetime.now(UTC), priority=Priority.BATCH, **told)
        await work.inspections.add(new)
        for state in ("queued", "running"):
            await work.inspections.move([new.id], state)
        await work.inspections.fail(new.id, code="WORKER_LOST", detail="Its worker was lost three times.")
        await work.runs.fail(run_id, code="NOTHING_JUDGED", detail="Every inspection of it failed.")
        await work.commit()


def test_what_failed_is_tried_again(tab: Tab, program: Program) -> None:
    asyncio_run(_make_failed(program, "Failed at first"))
    page = tab.open(f"/runs?run={run_of(program, 'Failed at first')['id']}")
    expect(row(page, "Failed at first")).to_contain_text("1 could not be inspected")
    expect(page.get_by_label("Run", exact=True)).to_contain_text("Every inspection of it failed.")
    page.get_by_role("button", name="Retry 1 failure").click()
    expect(row(page, "Failed at first")).to_contain_text("Done")
    expect(page.get_by_role("button", name="Retry 1 failure")).to_be_hidden()


def test_a_run_is_begun_and_left_with_the_keyboard_alone(tab: Tab, program: Program) -> None:
    page = tab.open("/runs")
    page.keyboard.press("n")
    expect(page.get_by_role("button", name="Choose files")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Choose files")).to_be_hidden()


def test_what_was_cancelled_is_told_apart_from_what_was_judged(tab: Tab, program: Program, still: None) -> None:
    page = tab.open("/runs")
    drop(page, ("a.jpg", PHOTO.read_bytes()), ("b.jpg", PHOTO.read_bytes() + b"1"))
    begin(page, "Not to be", "2 files")
    page.get_by_role("button", name="Cancel run").click()
    page.get_by_role("button", name="Cancel it").click()
    expect(row(page, "Not to be")).to_contain_text("0 of 2 judged")
    expect(row(page, "Not to be")).to_contain_text("2 cancelled")
    expect(page.locator(".side .bar", has_text="Cancelled")).to_contain_text("2 of 2")


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


@pytest.mark.parametrize("wanted", ["00000000-0000-7000-8000-000000000000", "<b>"], ids=["gone", "no id"])
def test_a_run_that_is_not_there_is_said(tab: Tab, wanted: str) -> None:
    page = tab.open(f"/runs?run={wanted}")
    expect(page.get_by_role("heading", name="No such run")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    page.wait_for_url("**/runs")
