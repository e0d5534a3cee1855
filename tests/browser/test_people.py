"""Letting people and machines in, as an admin does it; what each role then finds on the pages."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Program, Tab, Windows
from tests.browser.signing_in import PASSWORD, command, door, signed_in


@pytest.fixture(scope="module")
def served(program: Program) -> Iterator[Program]:
    command(program, "user", "add", "boss", "--role", "admin", typed=PASSWORD)
    with door(program) as opened:
        yield opened


@pytest.fixture
def boss(windows: Windows, served: Program) -> Iterator[Tab]:
    with signed_in(windows, served, "boss") as tab:
        tab.drawn()
        yield tab


def chosen(page: Page, words: str) -> None:
    page.get_by_role("region", name="People").get_by_role("row", name=words).click()


def test_somebody_is_let_in_finds_their_page_and_is_let_go(windows: Windows, served: Program, boss: Tab) -> None:
    page = boss.open("/people")
    page.get_by_role("button", name="Add somebody").click()
    page.get_by_label("Name to sign in by").fill("ada lovelace")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("dialog").locator("small.wrong")).to_contain_text("Expected letters a to z")
    page.get_by_label("Name to sign in by").fill("ada")
    page.get_by_label("Name to show").fill("Ada L.")
    page.get_by_role("button", name="Add", exact=True).click()
    link = page.get_by_label("Link").input_value()
    assert link.startswith(f"{served.url}/welcome/msl_")
    page.get_by_role("button", name="Done").click()
    row = page.get_by_role("row", name="Ada L.")
    expect(row).to_contain_text("Invited")

    with signed_in(windows, served, "nobody") as other:
        ada = other.page
        expect(ada.get_by_text("do not go together")).to_be_visible()
        ada.goto(link)
        ada.get_by_label("Password").fill(PASSWORD)
        ada.get_by_label("The same again").fill(PASSWORD)
        ada.get_by_role("button").click()
        other.drawn()
        expect(ada.get_by_role("link", name="Runs")).to_be_visible()
        expect(ada.get_by_role("link", name="System")).to_have_count(0)
        expect(ada.get_by_text("Drop photos of parts here")).to_have_count(0)
        expect(row).to_contain_text("Active")

        page.keyboard.press("r")
        page.get_by_role("dialog").get_by_label("Role").select_option("engineer")
        page.get_by_role("button", name="Change role").last.click()
        expect(ada.get_by_text("Drop photos of parts here")).to_be_visible()
        expect(ada.get_by_role("link", name="System")).to_be_visible()

        page.get_by_role("button", name="Disable").click()
        page.get_by_role("dialog").get_by_role("button", name="Disable").click()
        expect(row).to_contain_text("Disabled")
        expect(ada.get_by_role("button", name="Sign in")).to_be_visible()


def test_the_last_admin_cannot_be_disabled_and_is_told_so(boss: Tab) -> None:
    page = boss.open("/people")
    chosen(page, "boss (you)")
    page.get_by_role("button", name="Disable").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("This is you.")).to_be_visible()
    dialog.get_by_role("button", name="Disable").click()
    expect(dialog.get_by_text("the only admin who can sign in")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("row", name="boss (you)")).to_contain_text("Active")


def test_a_machine_comes_in_by_a_token_until_it_is_revoked_by_the_keyboard_alone(served: Program, boss: Tab) -> None:
    page = boss.open("/people")
    tokens = page.get_by_role("region", name="Tokens of machines and people")
    tokens.get_by_role("button", name="Make a token").focus()
    page.keyboard.press("n")
    expect(page.get_by_role("dialog").get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("AOI-3")
    page.keyboard.press("Enter")
    secret = page.get_by_label("Token", exact=True).input_value()
    page.get_by_role("button", name="Done").press("Enter")
    row = tokens.get_by_role("row", name="Token AOI-3")
    expect(row).to_contain_text("by boss")
    sent = {"Authorization": f"Bearer {secret}"}
    assert httpx.get(f"{served.url}/v1/me", headers=sent).json()["role"] == "machine"
    row.focus()
    page.keyboard.press("Enter")
    expect(tokens.get_by_role("button", name="Revoke", exact=True)).to_be_visible()
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Revoke").press("Enter")
    expect(row).to_have_count(0)
    assert httpx.get(f"{served.url}/v1/me", headers=sent).status_code == 401


def test_a_sign_in_that_ends_in_the_middle_of_work_leads_back_to_it(served: Program, boss: Tab) -> None:
    page = boss.open("/plant?state=hold")
    command(served, "user", "sign-out", "boss")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    sign_in_here(page)
    boss.drawn()
    assert page.url == f"{served.url}/plant?state=hold"


def sign_in_here(page: Page) -> None:
    page.get_by_label("Name").fill("boss")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_page_that_ones_role_does_not_allow_says_so_and_leads_on(windows: Windows, served: Program) -> None:
    command(served, "user", "add", "vera", "--role", "viewer", typed=PASSWORD)
    with signed_in(windows, served, "vera") as tab:
        page = tab.page
        page.goto(f"{served.url}/people")
        expect(page.get_by_text("Your role does not allow this page.")).to_be_visible()
        page.get_by_role("link", name="Back").click()
        tab.drawn()
        assert page.url.startswith(f"{served.url}/inspect")
