from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from layouts.icons import PATHS, svg, svgs
from layouts.shell import PAGES


@pytest.mark.parametrize("name", PATHS)
def test_every_icon_is_a_drawing(name: str) -> None:
    drawing = ET.fromstring(svg(name))  # noqa: S314 - our own
    assert drawing.get("viewBox") == "0 0 20 20"
    assert drawing[0].get("d")


def test_every_page_has_an_icon() -> None:
    assert {page.name for page in PAGES} <= PATHS.keys()


def test_an_icon_is_silent_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in svg("plus")
    assert 'aria-label="Zoom &quot;in&quot;"' in svg("plus", label='Zoom "in"')


def test_scripts_get_icons_by_name() -> None:
    assert svgs("plus", "minus") == {"plus": svg("plus"), "minus": svg("minus")}


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(KeyError):
        svg("unicorn")
