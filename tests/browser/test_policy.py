"""Every page works under the policy it is served with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

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


INJECTED = {
    "handler": """<img src="data:," onerror="window.ran = 'handler'">""",
    "link": """<a href="javascript:void (window.ran = 'link')">follow</a>""",
    "frame": """<iframe srcdoc="<script>parent.ran = 'frame'</script>"></iframe>""",
    "form": """<form action="javascript:void (window.ran = 'form')"><button>follow</button></form>""",
    "drawing": """<svg><animate onbegin="window.ran = 'drawing'" attributeName="x" dur="1s"></animate></svg>""",
}
"""What a page would run if it put what somebody has written into its markup as it stands, and had no policy."""


@pytest.mark.parametrize("markup", INJECTED.values(), ids=INJECTED.keys())
@pytest.mark.parametrize("path", ["/inspect", "/problems"])
def test_no_injected_script_runs(tab: Tab, path: str, markup: str) -> None:
    tab.page.goto(f"{tab.base}{path}")
    with _refusal(tab, "script-src", "form-action"):
        _inject(tab.page, markup)
    assert tab.page.evaluate("window.ran") is None


@pytest.mark.parametrize("name", INJECTED)
def test_without_the_policy_an_injected_script_runs(tab: Tab, name: str) -> None:
    _inject(tab.page, INJECTED[name])
    tab.page.wait_for_function("(name) => window.ran === name", arg=name)


def test_no_words_are_made_into_a_script(tab: Tab) -> None:
    page = tab.open("/inspect")
    with _refusal(tab, "script-src"):
        page.evaluate("""setTimeout("window.ran = 'words'", 0)""")
    assert page.evaluate("window.ran") is None


def _inject(page: Page, markup: str) -> None:
    """Put markup into the page as it stands, and follow what there is to follow."""
    page.evaluate("(markup) => document.body.insertAdjacentHTML('afterbegin', markup)", markup)
    page.evaluate("document.body.firstElementChild.querySelector('button')?.click()")
    page.evaluate("document.body.firstElementChild.click?.()")


@contextmanager
def _refusal(tab: Tab, *directives: str) -> Iterator[None]:
    """Wait until the policy has said that it forbade something by one of the directives; here that is no error."""
    begins = tuple(f"policy broken: {directive}" for directive in directives)
    with tab.page.expect_console_message(lambda message: message.text.startswith(begins)):
        yield
    tab.wrong.clear()
