"""The pages of those who are not signed in: they lead nowhere else, and show what was typed as text alone."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from dashboard.api.sign_in_page import (
    HOME,
    NEXT_MOST,
    REASONS,
    dead_link_page,
    local_path,
    sign_in_page,
    welcome_page,
)

HOSTILE = '"><img src=x onerror="window.hurt=1">'


class Inputs(HTMLParser):
    """The inputs of a page by name, its forms' actions, and everything that would run or load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.inputs: dict[str, dict[str, str | None]] = {}
        self.actions: list[str | None] = []
        self.images = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input":
            self.inputs[given["name"] or ""] = given
        self.actions += [given.get("action")] if tag == "form" else []
        self.images += tag == "img"


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        pytest.param("/inspection?id=1", "/inspection?id=1", id="a page of ours"),
        pytest.param("/", "/", id="the first page"),
        pytest.param(None, HOME, id="none"),
        pytest.param("", HOME, id="empty"),
        pytest.param("inspect", HOME, id="no path"),
        pytest.param("https://evil.example/", HOME, id="another server"),
        pytest.param("//evil.example/", HOME, id="another server without a scheme"),
        pytest.param("/\\evil.example/", HOME, id="as browsers read it"),
        pytest.param("/\t/evil.example/", HOME, id="with a tab, which browsers leave out"),
        pytest.param("/a\nSet-Cookie: x=1", HOME, id="with a line break"),
        pytest.param("javascript:alert(1)", HOME, id="a script"),
        pytest.param("/" + "a" * NEXT_MOST, HOME, id="too long"),
        pytest.param("/inspect\x7f", HOME, id="with a control character"),
    ],
)
def test_after_signing_in_one_goes_on_to_a_page_of_ours_alone(asked: str | None, leads_to: str) -> None:
    assert local_path(asked) == leads_to


def test_the_form_asks_for_name_and_password_and_keeps_where_to_go_on() -> None:
    form = Inputs(sign_in_page(go_on_to="/runs?a=1&b=2"))
    assert form.actions == ["/sign-in"]
    assert set(form.inputs) == {"next", "name", "password"}
    assert form.inputs["next"]["value"] == "/runs?a=1&b=2"
    assert form.inputs["password"]["type"] == "password"
    assert form.inputs["password"]["autocomplete"] == "current-password"
    assert "value" not in form.inputs["password"]


@pytest.mark.parametrize(("name", "focused"), [("", "name"), ("ada", "password")])
def test_the_cursor_waits_where_something_is_to_be_typed(name: str, focused: str) -> None:
    form = Inputs(sign_in_page(name=name))
    assert [each for each, given in form.inputs.items() if "autofocus" in given] == [focused]


@pytest.mark.parametrize("field", ["go_on_to", "name", "notice", "wrong"])
def test_what_was_typed_is_text_alone(field: str) -> None:
    page = Inputs(sign_in_page(**{field: HOSTILE}))
    assert page.images == 0


def test_each_reason_is_a_sentence() -> None:
    for says in REASONS.values():
        assert says in sign_in_page(notice=says)
        assert says.endswith(".")


def test_the_first_admin_chooses_a_name_and_others_do_not() -> None:
    first = Inputs(welcome_page(name=None, role="administrator", secret="s"))
    assert list(first.inputs) == ["name", "password", "again"]
    invited = Inputs(welcome_page(name="ada", role="viewer", secret="s"))
    assert (list(invited.inputs), invited.inputs["username"]["value"]) == (["username", "password", "again"], "ada")
    assert first.actions == invited.actions == ["/welcome/s"]
    assert Inputs(welcome_page(name=HOSTILE, role=HOSTILE, secret="s", wrong=HOSTILE)).images == 0


def test_a_dead_link_leads_to_the_sign_in() -> None:
    assert 'href="/sign-in"' in dead_link_page()
