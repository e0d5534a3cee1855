from __future__ import annotations

from typing import Any

import pytest

from layouts.markup import pane
from layouts.shell import PAGES, Looks, Rail, Strip, shell, template, template_variables


def rail_of(page: object) -> Rail:
    return page.sidebar[0]  # type: ignore[attr-defined]


def test_only_pages_that_are_served_are_in_the_rail() -> None:
    page = shell(pane("x"), title="Inspect", current="inspect", served=frozenset({"inspect", "system"}), strip=Strip())
    assert [link["word"] for link in rail_of(page).pages] == ["Inspect", "System"]
    assert rail_of(page).current == "inspect"


def test_the_keys_reach_the_same_pages() -> None:
    strip = Strip()
    shell(pane("x"), title="T", current="system", served=frozenset({"system"}), strip=strip)
    assert [(link["key"], link["href"]) for link in strip.pages] == [("s", "/system")]


def test_no_two_pages_share_a_key_or_an_address() -> None:
    assert len({page.key for page in PAGES}) == len({page.href for page in PAGES}) == len(PAGES)


def test_pages_stand_in_their_order() -> None:
    words = ["Live", "Inspect", "Runs", "Tune", "Review", "Yield", "Plant", "People", "System"]
    assert [page.word for page in PAGES] == words


@pytest.mark.parametrize(
    ("looks", "attributes"),
    [
        (Looks("dark", "narrow", "Asia/Tokyo"), 'data-theme="dark" data-rail="narrow" data-zone="Asia/Tokyo"'),
        (Looks("light"), 'data-theme="light"'),
        (Looks("system"), 'data-wish="system"'),
        (Looks(), ""),
        (Looks('"><script>', "sideways"), ""),
        (Looks(zone='"><b>'), 'data-zone="&quot;&gt;&lt;b&gt;"'),
    ],
    ids=["all", "theme alone", "as the system", "none", "forged", "a zone that is none"],
)
def test_only_known_choices_reach_the_document(looks: Looks, attributes: str) -> None:
    assert template_variables(looks)["html_attrs"] == attributes


@pytest.mark.parametrize(
    ("preferred", "cookies", "looks"),
    [
        ({}, {}, Looks()),
        ({}, {"marksight_theme": "dark", "marksight_rail": "narrow"}, Looks("dark", "narrow")),
        (
            {"theme": "system", "time_zone": "UTC", "pages": {"shell": {"rail": "wide"}}},
            {"marksight_theme": "dark", "marksight_rail": "narrow"},
            Looks("system", "wide", "UTC"),
        ),
    ],
    ids=["nothing", "what the browser remembers", "what is kept with the user comes first"],
)
def test_a_document_looks_as_its_user_prefers_it(
    preferred: dict[str, Any], cookies: dict[str, str], looks: Looks
) -> None:
    assert Looks.of(preferred, cookies) == looks


def test_the_template_watches_the_server_and_asks_no_other() -> None:
    loader = "".join(template().blocks["loader"](template().new_context({})))
    assert "/assets/js/watch.js" in loader
    assert "http" not in loader


def test_the_title_names_page_and_product() -> None:
    page = shell(pane("x"), title="System", current="system", served=frozenset(), strip=Strip())
    assert page.meta.title == "System – Marksight"


def test_the_theme_follows_what_was_remembered() -> None:
    page = shell(pane("x"), title="S", current="s", served=frozenset(), strip=Strip(), dark=True)
    assert page.dark_theme is True
