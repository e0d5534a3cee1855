"""Cells work without server and network: saved as one file, they still draw, point and zoom."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

SAVE = """
import sys
import panel as pn
from bokeh.resources import INLINE
from dashboard.cells.expected import ExpectedAgainstRead
from dashboard.cells.photo import Photo
from dashboard.notebook import engines, inspected
from data import bundled

sample = next(one for one in bundled.samples() if one.name == "mc74hc32an-clean-1.jpg")
model = inspected(sample.read(), bundled.recipes()[sample.recipe], using=engines())
pn.Column(Photo(model), ExpectedAgainstRead(model), width=900).save(sys.argv[1], resources=INLINE)
"""


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Two cells over one inspected sample, in one file.

    Saved by a process of its own, as a user's script does it: Panel writes into the file whatever components the
    process has ever imported, and here that would be those of every page.
    """
    file = tmp_path / "cells.html"
    subprocess.run([sys.executable, "-P", "-c", SAVE, str(file)], check=True, timeout=120, capture_output=True)
    return file


def test_two_cells_in_a_file_draw_their_evidence_with_no_network(chromium: Browser, saved: Path) -> None:
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.goto(saved.as_uri())
    expect(page.locator(".drawing .line")).to_have_count(2)
    expect(page.get_by_role("group", name="Expected MC74HC32AN, read MC74HC32AN")).to_be_visible()
    page.locator(".read .cell").first.focus()
    expect(page.locator(".about")).to_contain_text("M")
    page.get_by_role("button", name="Text").click()
    expect(page.locator(".label")).to_have_count(0)
    context.close()
