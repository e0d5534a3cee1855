"""Every page works under the policy it is served with."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Tab

DRAWN = ["/inspect", "/inspection?id={id}", "/runs", "/runs?send=new", "/plant", "/system", "/people"]
PLAIN = ["/docs", "/problems", "/problems/not-found", "/nothing", "/welcome/x"]


@pytest.mark.parametrize("path", DRAWN)
def test_no_page_breaks_its_policy(tab: Tab, sample: dict[str, Any], path: str) -> None:
    page = tab.open(path.format(id=sample["id"]))
    page.keyboard.press("?")
    page.wait_for_timeout(500)  # whatever comes late; at its end the tab must have met no error
    assert "policy broken" not in " ".join(tab.said)


@pytest.mark.parametrize("path", PLAIN)
def test_no_plain_page_breaks_its_policy(tab: Tab, path: str) -> None:
    tab.page.goto(f"{tab.base}{path}")
    expect(tab.page.locator("h1, main").first).to_be_visible()
    colours = tab.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ms-ground')")
    assert colours, "the sheet that is written into the page counts"
