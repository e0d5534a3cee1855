"""Plain loops inspect what they are given, each in a process of its own."""

from __future__ import annotations

import pytest

from data import bundled
from tests.conftest import ROOT
from workers.bench import plain_loop

SAMPLES = ROOT / "data" / "assets" / "samples"
RECIPE = next(iter(bundled.recipes().values()))


def test_two_loops_are_measured_together() -> None:
    photo = SAMPLES / "mc74hc32an-clean-1.jpg"
    assert plain_loop.parts_per_s([photo], RECIPE, loops=2) > 0


def test_a_photo_that_cannot_be_read_keeps_no_other_loop_waiting() -> None:
    with pytest.raises(FileNotFoundError):
        plain_loop.parts_per_s([SAMPLES / "none.jpg"], RECIPE, loops=2)
