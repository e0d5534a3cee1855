"""Places of a tray lie between its corners, row by row, in perspective where it is seen aslant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from core.tray import MAX_PLACES, Tray, places

SQUARE = ((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0))


def test_without_corners_the_picture_is_the_tray() -> None:
    found = places(Tray("T-1", 2, 3), (301, 201))
    assert [(each.row, each.column) for each in found] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert found[0].quad.tolist() == [[0, 0], [100, 0], [100, 100], [0, 100]]
    assert found[5].quad.tolist() == [[200, 100], [300, 100], [300, 200], [200, 200]]


def test_places_lie_between_the_corners() -> None:
    (only,) = places(Tray("T-1", 1, 1, ((10, 20), (90, 22), (88, 70), (12, 68))), (100, 100))
    assert np.allclose(only.quad, [[10, 20], [90, 22], [88, 70], [12, 68]], atol=1e-3)


def test_neighbours_share_their_corners_and_what_is_farther_looks_smaller() -> None:
    aslant = ((100.0, 0.0), (200.0, 0.0), (300.0, 200.0), (0.0, 200.0))
    near, far = places(Tray("T-1", 2, 1, aslant), (301, 301))[::-1]
    assert near.quad[0].tolist() == far.quad[3].tolist()
    assert near.quad[1].tolist() == far.quad[2].tolist()
    assert far.quad[3][1] < 100, "the middle of the plane lies above the middle of the picture"


def test_a_tray_turned_on_its_side_is_read_from_its_own_top_left() -> None:
    turned = ((100.0, 0.0), (100.0, 100.0), (0.0, 100.0), (0.0, 0.0))
    first, second = places(Tray("T-1", 1, 2, turned), (101, 101))
    assert first.quad[0].tolist() == [100, 0]
    assert second.quad[1].tolist() == [100, 100]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"carrier": ""}, "name of the tray", id="no carrier"),
        pytest.param({"rows": 0}, "places", id="no rows"),
        pytest.param({"columns": -1}, "places", id="fewer than no columns"),
        pytest.param({"rows": MAX_PLACES, "columns": 2}, "places", id="too many"),
        pytest.param({"corners": SQUARE[:3]}, "four finite points", id="three corners"),
        pytest.param({"corners": (*SQUARE[:3], (float("nan"), 0.0))}, "four finite points", id="a corner nowhere"),
        pytest.param({"corners": (SQUARE[0],) * 4}, "in the order", id="all corners at once"),
        pytest.param({"corners": SQUARE[::-1]}, "in the order", id="round the wrong way"),
        pytest.param({"corners": (SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3])}, "in the order", id="crossed"),
    ],
)
def test_what_is_no_tray_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Tray(**{"carrier": "T-1", "rows": 2, "columns": 3, **fields})


@pytest.mark.parametrize(
    ("tray", "size_wh", "words"),
    [
        pytest.param(Tray("T-1", 1, 1, SQUARE), (100, 100), "outside", id="a pixel outside"),
        pytest.param(Tray("T-1", 20, 20), (100, 100), "smaller than", id="too small for a mark"),
    ],
)
def test_a_tray_that_does_not_fit_its_picture_is_refused(tray: Tray, size_wh: tuple[int, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        places(tray, size_wh)


@pytest.mark.parametrize("corners", [None, SQUARE])
def test_a_tray_is_kept_and_read_again(corners: Any) -> None:
    tray = Tray("T-1", 2, 3, corners)
    assert Tray.from_document(tray.to_document()) == tray


@pytest.mark.parametrize(
    "document",
    [{}, {"carrier": "T"}, {"carrier": "T", "rows": None, "columns": 1}, {"carrier": "T", "rows": 1, "columns": "x"}],
    ids=str,
)
def test_a_document_of_no_tray_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected|invalid"):
        Tray.from_document(document)
