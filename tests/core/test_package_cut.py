"""A part cut by the picture's border, and a picture cropped to the part."""

from __future__ import annotations

import numpy as np
import pytest

from core.geometry import as_quad, box_quad
from core.package_cut import is_cut
from tests.core.pictures import ground, with_package


@pytest.mark.parametrize(
    ("quad", "cut"),
    [
        pytest.param(box_quad(100, 100, 300, 200), False, id="free-all-round"),
        pytest.param(box_quad(-40, 100, 200, 200), True, id="beyond-one-border"),
        pytest.param(box_quad(-40, 60, 360, 240), True, id="beyond-one-border-and-close-to-the-others"),
        pytest.param(box_quad(-9, -9, 409, 309), False, id="fills-the-picture"),
        pytest.param(box_quad(20, -20, 380, 320), False, id="beyond-two-opposite-borders"),
        pytest.param(as_quad([[200, 0], [350, 150], [200, 299], [50, 150]]), False, id="corners-touch"),
    ],
)
def test_a_package_is_cut_where_a_border_takes_a_good_part_of_it(quad: np.ndarray, cut: bool) -> None:
    picture = with_package(ground(400, 300), as_quad(quad), leads=0)
    seen = as_quad(np.clip(quad, 0, [399, 299]))
    assert is_cut(picture, seen) is cut


def test_weak_sides_make_no_cut() -> None:
    assert not is_cut(ground(400, 300), box_quad(0, 100, 200, 200))
