from __future__ import annotations

from layouts.markup import pane


def test_a_pane_wears_the_tokens() -> None:
    sheets = pane("<p>x</p>", "states").stylesheets
    assert any("--ms-ink" in sheet for sheet in sheets)
    assert any(".skeleton" in sheet for sheet in sheets)
