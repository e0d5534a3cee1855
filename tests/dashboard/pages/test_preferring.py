"""What is preferred on a page: kept with the account or in the browser, and nothing that cannot be so."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest

from core.errors import AccountInvalid
from dashboard.identity import LOCAL
from dashboard.pages.preferring import MOST_COOKIE, Preferring, in_cookie, of_somebody
from tests.workers.people import signed_in, somebody, with_cheap_hashes
from workers import preferences
from workers.composition import Services


async def test_it_is_kept_with_the_account_and_what_was_kept_meanwhile_stays(services: Services) -> None:
    user = await somebody(with_cheap_hashes(services))
    who = (await signed_in(services)).who
    page, other = of_somebody(services, who, {}), of_somebody(services, who, {})
    await page.change({"theme": "dark"})
    await other.change({"pages": {"inspection": {"layers": ["text"]}}})
    kept = await preferences.read(services, user.id)
    assert kept == other.document == {"theme": "dark", "pages": {"inspection": {"layers": ["text"]}}}


async def test_without_an_account_it_is_only_told_so_that_the_browser_keeps_it(services: Services) -> None:
    told: list[dict[str, Any]] = []
    page = of_somebody(services, LOCAL, {"theme": "light"})
    page.seen.append(told.append)
    await page.change({"time_zone": "Asia/Tokyo"})
    assert told == [{"theme": "light", "time_zone": "Asia/Tokyo"}]


@pytest.mark.parametrize(
    "changes",
    [{"theme": "pink"}, {"pages": 3}, {"pages": {"x": 3}}, {"colour": "red"}, "dark", None, [1]],
    ids=["theme", "pages", "a page", "unknown", "text", "nothing", "list"],
)
async def test_what_cannot_be_preferred_is_dropped(changes: Any) -> None:
    page = Preferring({"theme": "dark"})
    await page.told(changes)
    assert page.document == {"theme": "dark"}


async def test_a_change_that_cannot_be_is_told_to_who_asks() -> None:
    page = Preferring({"theme": "dark"})
    with pytest.raises(AccountInvalid, match="theme"):
        await page.change({"theme": "pink"})


async def test_changes_are_kept_in_the_order_in_which_they_were_made() -> None:
    kept: list[dict[str, Any]] = []

    async def write(changes: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0.02 if changes["theme"] == "dark" else 0)
        kept.append(changes)
        return changes

    page = Preferring({}, write)
    await asyncio.gather(page.change({"theme": "dark"}), page.change({"theme": "light"}))
    assert (kept, page.document) == ([{"theme": "dark"}, {"theme": "light"}], {"theme": "light"})


async def test_while_the_database_is_away_the_page_shows_it_all_the_same() -> None:
    async def write(_: dict[str, Any]) -> dict[str, Any]:
        raise ConnectionRefusedError

    page = Preferring({}, write)
    await page.change({"theme": "dark"})
    assert page.document == {"theme": "dark"}


@pytest.mark.parametrize(
    ("text", "document"),
    [
        (quote(json.dumps({"theme": "dark"})), {"theme": "dark"}),
        ("", {}),
        ("{", {}),
        ("[1]", {}),
        (quote(json.dumps({"theme": "pink"})), {}),
        (quote(json.dumps({"pages": {"x": {"a": "b" * MOST_COOKIE}}})), {}),
    ],
    ids=["kept", "nothing", "cut", "a list", "what cannot be", "too long"],
)
def test_what_a_browser_has_kept_is_taken_if_it_can_be(text: str, document: dict[str, Any]) -> None:
    assert in_cookie(text) == document


def test_the_settings_of_a_page_are_its_own() -> None:
    page = Preferring({"pages": {"inspection": {"layers": []}}})
    assert (page.of_page("inspection"), page.of_page("runs")) == ({"layers": []}, {})
