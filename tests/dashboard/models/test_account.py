"""One's own account, and browsers in words."""

from __future__ import annotations

import pytest

from core.rights import ACTIONS, RIGHTS, Role, may
from dashboard.models.account import AccountModel, browser

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (CHROME, "Chrome on Linux"),
        (CHROME + " Edg/142.0", "Edge on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.0 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        ("curl/8.1.2", "curl/8.1.2"),
        ("Firefox/140.0", "Firefox"),
        ("x" * 200, "x" * 40),
        ("", "A browser that says nothing of itself"),
    ],
    ids=["chrome", "edge", "firefox", "mac", "android", "iphone", "program", "no system", "long", "nothing"],
)
def test_a_browser_is_told_in_words_as_far_as_it_is_understood(says: str, words: str) -> None:
    assert browser(says) == words


def test_what_a_role_allows_is_told_in_the_words_of_the_table() -> None:
    rights = [action for action in ACTIONS if may(Role.REVIEWER, action)]
    words = AccountModel(rights=rights).allowed
    assert words[0] == RIGHTS["inspection.read"].words
    assert words == [RIGHTS[action].words for action in rights if not action.startswith("own.")]


def test_a_sign_in_that_has_ended_is_chosen_no_more() -> None:
    model = AccountModel(selected="1")
    model.take([{"id": "1"}, {"id": "2"}])
    assert model.sign_in == {"id": "1"}
    model.take([{"id": "2"}])
    assert model.sign_in is None


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        ({}, ("system", "")),
        ({"theme": "dark", "time_zone": "Asia/Tokyo"}, ("dark", "Asia/Tokyo")),
        ({"theme": "light", "pages": {"shell": {"rail": "narrow"}}}, ("light", "")),
    ],
    ids=["nothing said", "all", "some"],
)
def test_what_was_never_preferred_is_as_system_and_browser_are(
    document: dict[str, str], shown: tuple[str, str]
) -> None:
    model = AccountModel(theme="dark", time_zone="UTC")
    model.prefer(document)
    assert (model.theme, model.time_zone) == shown
