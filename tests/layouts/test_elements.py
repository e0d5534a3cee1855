from __future__ import annotations

import pytest

from layouts.elements import element, text


@pytest.mark.parametrize(
    ("value", "shown"),
    [("a<b", "a&lt;b"), ('"', "&quot;"), ("'", "&#x27;"), (7, "7"), ("", "")],
    ids=["tag", "quote", "apostrophe", "number", "empty"],
)
def test_text_from_outside_cannot_become_markup(value: object, shown: str) -> None:
    assert text(value) == shown


def test_attributes_are_escaped_and_renamed() -> None:
    html = element("a", "x", class_="button", href='/"><script>', data_id="7")
    assert html == '<a class="button" href="/&quot;&gt;&lt;script&gt;" data-id="7">x</a>'


@pytest.mark.parametrize(
    ("value", "written"), [(True, "<p hidden></p>"), (False, "<p></p>"), (None, "<p></p>"), ("x", '<p hidden="x"></p>')]
)
def test_bare_attributes(value: str | bool | None, written: str) -> None:
    assert element("p", hidden=value) == written


def test_children_are_markup_already() -> None:
    assert element("p", element("b", "1"), "2") == "<p><b>1</b>2</p>"
