"""One's own account: what one prefers follows one from browser to browser; password, sign-ins and tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Program, Tab, Windows, eventually
from tests.browser.signing_in import PASSWORD, command, door, signed_in

OTHER = "eight yellow barges"


@pytest.fixture(scope="module")
def served(program: Program) -> Iterator[Program]:
    command(program, "user", "add", "eve", "--role", "engineer", typed=PASSWORD)
    with door(program) as opened:
        yield opened


def theme(tab: Tab) -> str:
    found: str = tab.page.evaluate("document.documentElement.dataset.theme")
    return found


def test_what_one_prefers_follows_one_to_another_browser(windows: Windows, served: Program) -> None:
    with signed_in(windows, served, "eve", color_scheme="light", timezone_id="Europe/Berlin") as tab:
        page = tab.drawn()
        page.get_by_label("Signed in as eve").click()
        page.get_by_role("link", name="Your account").click()
        tab.drawn()
        page.get_by_text("What your role allows you to do").click()
        expect(page.get_by_text("publish recipes: they judge from then on")).to_be_visible()
        page.get_by_role("button", name="Dark", exact=True).click()
        expect(page.locator("html[data-theme=dark]")).to_be_attached()
        page.get_by_role("combobox", name="Time zone").fill("Asia/Tok")
        with page.expect_navigation():
            page.get_by_role("option", name="Asia/Tokyo").click()
        tab.drawn()
        assert page.evaluate("document.documentElement.dataset.zone") == "Asia/Tokyo"
        zoned = page.get_by_role("region", name="Where you are signed in").locator("time").first
        expect(zoned).to_have_attribute("title", re.compile(r"GMT\+9|Japan|JST"))
        page = tab.open(f"/inspection?id={an_inspection(tab)}")
        page.get_by_role("button", name="Text", exact=True).click()
        expect(page.get_by_role("button", name="Text", exact=True)).to_have_attribute("aria-pressed", "false")
        page.get_by_role("button", name="Icons only").click()
        eventually(lambda: "narrow" in str(preferred(tab).get("pages")), "the width of the rail to be kept")
    with signed_in(windows, served, "eve", color_scheme="light", timezone_id="Europe/Berlin") as tab:
        page = tab.drawn()
        assert (theme(tab), page.evaluate("document.documentElement.dataset.rail")) == ("dark", "narrow")
        page = tab.open(f"/inspection?id={an_inspection(tab)}")
        expect(page.get_by_role("button", name="Text", exact=True)).to_have_attribute("aria-pressed", "false")
        expect(page.get_by_role("button", name="Lines", exact=True)).to_have_attribute("aria-pressed", "true")


def preferred(tab: Tab) -> dict[str, Any]:
    found: dict[str, Any] = tab.page.evaluate("fetch('/v1/me').then((r) => r.json()).then((r) => r.preferences)")
    return found


def an_inspection(tab: Tab) -> str:
    found: str = tab.page.evaluate("fetch('/v1/inspections?limit=1').then((r) => r.json()).then((r) => r.items[0].id)")
    return found


def test_one_sees_where_one_is_signed_in_and_signs_out_elsewhere(windows: Windows, served: Program) -> None:
    with signed_in(windows, served, "eve") as here, signed_in(windows, served, "eve") as there:
        there.drawn()
        page = here.open("/account")
        region = page.get_by_role("region", name="Where you are signed in")
        expect(region.get_by_text("This one")).to_have_count(1)
        page.get_by_role("button", name="Sign out everywhere else").click()
        page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
        expect(region.get_by_text("Elsewhere")).to_have_count(0)
        expect(there.page.get_by_role("button", name="Sign in")).to_be_visible()


def test_one_makes_a_token_for_a_program_of_ones_own(windows: Windows, served: Program) -> None:
    with signed_in(windows, served, "eve") as tab:
        tab.drawn()
        page = tab.open("/account")
        page.get_by_role("button", name="Make a token").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name", exact=True).fill("nightly")
        dialog.get_by_label("inspection.read").check()
        dialog.get_by_role("button", name="Make token").click()
        secret = page.get_by_label("Token", exact=True).input_value()
        page.get_by_role("button", name="Done").click()
        expect(page.get_by_role("row", name="Token nightly")).to_contain_text("inspection.read")
        sent = {"Authorization": f"Bearer {secret}"}
        assert httpx.get(f"{served.url}/v1/inspections", headers=sent).status_code == 200
        assert httpx.get(f"{served.url}/v1/recipes", headers=sent).status_code == 403


def test_the_password_is_changed_by_who_knows_the_old_one(windows: Windows, served: Program) -> None:
    with signed_in(windows, served, "eve") as tab:
        tab.drawn()
        page = tab.open("/account")
        page.get_by_role("button", name="Change password").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("At least 10 characters")).to_be_visible()
        for label, text in (("Current password", "wrong"), ("New password", OTHER), ("The new one again", OTHER)):
            dialog.get_by_label(label).fill(text)
        dialog.get_by_role("button", name="Change password").click()
        expect(dialog.get_by_text("The current password is another.")).to_be_visible()
        dialog.get_by_label("Current password").fill(PASSWORD)
        dialog.get_by_role("button", name="Change password").click()
        expect(page.get_by_text("Your password is changed")).to_be_visible()
        page.get_by_role("button", name="Done").click()


def test_without_a_sign_in_one_still_prefers_and_is_told_why_there_is_no_more(tab: Tab) -> None:
    page = tab.open("/account")
    expect(page.get_by_text("there is no sign-in")).to_be_visible()
    expect(page.get_by_role("button", name="Change password")).to_have_count(0)
    page.get_by_role("combobox", name="Time zone").fill("Asia/Tok")
    with page.expect_navigation():
        page.get_by_role("option", name="Asia/Tokyo").click()
    tab.drawn()
    page = tab.open("/runs")
    assert page.evaluate("document.documentElement.dataset.zone") == "Asia/Tokyo"
