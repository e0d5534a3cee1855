"""Print at the side of what was read: whether more of it stands beyond."""

from __future__ import annotations

import numpy as np
import pytest

from core.attempt import Attempt, Piece
from core.clipped_print import clipped, goes_on, holds, open_ended, room
from core.geometry import as_quad, box_quad
from core.reading import Quad
from tests.core.emissions import emissions_of
from tests.core.pictures import body

REGION = box_quad(100, 100, 300, 200)
SIZE = 640, 480


def piece(text: str, quad: Quad, *, sure: float = 0.98) -> Piece:
    return Piece(as_quad(quad), emissions_of(text, sure=sure), np.eye(3))


def attempt(*pieces: Piece) -> Attempt:
    return Attempt(0, pieces)


@pytest.mark.parametrize(
    ("text", "region", "heights"),
    [
        pytest.param(box_quad(120, 140, 220, 160), REGION, 1.0, id="left"),
        pytest.param(box_quad(150, 105, 250, 125), REGION, 0.25, id="top"),
        pytest.param(box_quad(150, 140, 290, 160), REGION, 0.5, id="right"),
        pytest.param(box_quad(150, 170, 250, 210), REGION, -0.25, id="beyond-the-bottom"),
        pytest.param(body((200, 150), (100, 20), 30), body((200, 150), (140, 100), 30), 1.0, id="turned"),
        pytest.param(np.roll(box_quad(120, 140, 220, 160), 2, axis=0), REGION, 1.0, id="upside-down"),
    ],
)
def test_room_is_the_least_distance_to_a_side_in_heights_of_the_text(text: Quad, region: Quad, heights: float) -> None:
    assert room(as_quad(text), region) == pytest.approx(heights, abs=0.01)


@pytest.mark.parametrize(
    ("one", "found"),
    [
        pytest.param(piece("AB12", box_quad(120, 140, 220, 160)), False, id="within"),
        pytest.param(piece("AB12", box_quad(95, 140, 220, 160)), True, id="beyond-a-side"),
        pytest.param(piece("AB12", box_quad(95, 140, 220, 160), sure=0.4), False, id="no-text"),
    ],
)
def test_text_that_reaches_a_side_may_be_cut(one: Piece, found: bool) -> None:
    assert clipped(attempt(one), REGION, SIZE) == ([one] if found else [])


def test_text_at_the_border_of_the_picture_may_be_cut_though_the_region_reaches_beyond() -> None:
    one = piece("AB12", box_quad(-2, 140, 120, 160))
    assert clipped(attempt(one), box_quad(-80, 100, 300, 200), SIZE) == [one]


HERE = piece("X232", box_quad(95, 140, 220, 160))


@pytest.mark.parametrize(
    ("there", "more"),
    [
        pytest.param(piece("MAX232", box_quad(40, 140, 222, 160)), True, id="longer"),
        pytest.param(piece("X232", box_quad(96, 140, 222, 160)), False, id="the-same"),
        pytest.param(piece(" X232 ", box_quad(80, 140, 240, 160)), False, id="longer-by-dirt"),
        pytest.param(piece("MAX232", box_quad(40, 140, 222, 160), sure=0.4), False, id="longer-but-no-text"),
        pytest.param(piece("SN74LS", box_quad(95, 100, 220, 130)), False, id="another-line"),
    ],
)
def test_print_goes_on_where_more_of_it_is_read_with_more_around_it(there: Piece, more: bool) -> None:
    assert goes_on([HERE], attempt(there)) is more


def test_print_without_a_counterpart_does_not_go_on_and_its_end_stays_unknown() -> None:
    assert not goes_on([HERE], attempt())
    assert open_ended([HERE], attempt(), []) == [HERE]


def test_the_end_is_known_where_it_is_seen_to_have_room() -> None:
    there = piece("X232", box_quad(96, 140, 222, 160))
    assert open_ended([HERE], attempt(there), []) == []
    assert open_ended([HERE], attempt(there), [there]) == [HERE]


def test_of_two_pieces_on_the_print_the_longer_counts() -> None:
    scrap, whole = piece("23", box_quad(150, 140, 190, 160)), piece("MAX232", box_quad(40, 140, 222, 160))
    assert goes_on([HERE], attempt(scrap, whole))


@pytest.mark.parametrize(
    ("read", "region", "expected"),
    [
        pytest.param(piece("MAX232", box_quad(40, 140, 222, 160)), box_quad(60, 142, 90, 158), True, id="a-letter"),
        pytest.param(piece("MAX232", box_quad(40, 140, 222, 160)), REGION, False, id="a-package-around-it"),
        pytest.param(piece("MAX232", box_quad(40, 140, 222, 160)), box_quad(60, 170, 90, 190), False, id="beside-it"),
        pytest.param(piece("X35C", box_quad(102, 102, 298, 198)), REGION, False, id="a-package-full-of-one-word"),
        pytest.param(piece("X", box_quad(40, 140, 222, 160)), box_quad(60, 142, 90, 158), False, id="in-no-word"),
        pytest.param(
            piece("MAX232", box_quad(40, 140, 222, 160), sure=0.4), box_quad(60, 142, 90, 158), False, id="in-no-text"
        ),
    ],
)
def test_a_region_within_a_word_is_a_part_of_that_word(read: Piece, region: Quad, expected: bool) -> None:
    assert holds(attempt(read), region) is expected
