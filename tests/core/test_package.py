"""Where the package is: on backlight and boards, at any angle, cropped, cut, twice, and not at all."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.frame import Frame
from core.geometry import area_px, as_quad, box_quad, side_lengths_wh
from core.image import ImageLimits, decode
from core.package import NO_PACKAGE, PACKAGE_CUT, TWO_PACKAGES, locate
from tests.core.pictures import BOARD, WHITE, body, ground, overlap, with_package

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "assets" / "samples"
LIMITS = ImageLimits(max_bytes=2**26, max_pixels=10**8, min_side_px=8)


@pytest.mark.parametrize("colour", [pytest.param(WHITE, id="backlight"), pytest.param(BOARD, id="board")])
@pytest.mark.parametrize("degrees", [0, 7, 30, 45, 60, 90, -20])
@pytest.mark.parametrize("size", [pytest.param((330, 120), id="long"), pytest.param((190, 180), id="square")])
def test_a_package_is_outlined_at_any_angle(
    colour: tuple[int, int, int], degrees: float, size: tuple[float, float]
) -> None:
    quad = body((320, 240), size, degrees)
    located = locate(with_package(ground(colour=colour), quad, ("SN74LS00N", "1234ABC")))

    assert located.outline is not None
    assert not located.whole
    assert located.faults == ()
    assert overlap(located.outline, quad) > 0.85


def test_the_outline_runs_nearest_to_rightwards() -> None:
    outline = locate(with_package(ground(), body((320, 240), (330, 120), 20))).outline
    assert outline is not None
    assert outline[1, 0] > outline[0, 0]
    assert side_lengths_wh(outline)[0] > side_lengths_wh(outline)[1]


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0], ids=lambda scale: f"{scale}-times")
def test_the_outline_is_found_at_any_size_of_picture(scale: float) -> None:
    quad = body((300, 260), (300, 140), 10)
    picture = cv2.resize(with_package(ground(), quad), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    outline = locate(picture).outline
    assert outline is not None
    assert overlap(outline, as_quad(quad * scale)) > 0.85


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.full((200, 300, 3), 255, np.uint8), id="white"),
        pytest.param(np.zeros((200, 300, 3), np.uint8), id="black"),
        pytest.param(np.full((200, 300, 3), (90, 80, 70), np.uint8), id="one-colour"),
        pytest.param(np.full((16, 16, 3), 128, np.uint8), id="tiny"),
    ],
)
def test_a_blank_picture_holds_no_package(picture: np.ndarray) -> None:
    located = locate(picture)
    assert located.outline is None
    assert located.faults == (NO_PACKAGE,)


def test_a_picture_that_shows_nothing_but_surface_is_taken_for_a_crop() -> None:
    surface = ground(300, 200, (70, 70, 70))
    surface = np.clip(surface + np.random.default_rng(1).normal(0, 6, surface.shape), 0, 255).astype(np.uint8)
    located = locate(surface)
    assert located.whole
    assert located.outline is not None
    assert located.outline.tolist() == box_quad(0, 0, 299, 199).tolist()


@pytest.mark.parametrize(
    ("second", "faults"),
    [
        pytest.param(body((480, 240), (230, 110), 4), (TWO_PACKAGES,), id="beside"),
        pytest.param(body((300, 400), (90, 200), 85), (TWO_PACKAGES,), id="below-at-another-angle"),
        pytest.param(body((560, 400), (60, 30)), (), id="a-small-neighbour-is-no-second-part"),
    ],
)
def test_two_parts_in_one_picture_are_said(second: np.ndarray, faults: tuple[str, ...]) -> None:
    first = body((170, 180), (230, 110), -3)
    picture = with_package(with_package(ground(), first, ("AB12", "CD34")), as_quad(second), ("EF56", "GH78"))
    assert locate(picture).faults == faults


@pytest.mark.parametrize(
    ("centre", "degrees"),
    [
        pytest.param((0, 240), 0, id="left"),
        pytest.param((640, 200), 0, id="right"),
        pytest.param((320, 0), 90, id="top"),
        pytest.param((300, 480), 0, id="bottom"),
    ],
)
def test_half_a_part_at_the_border_is_cut(centre: tuple[float, float], degrees: float) -> None:
    picture = with_package(ground(), body(centre, (330, 160), degrees), ("SN74LS00N",))
    assert PACKAGE_CUT in locate(picture).faults


@pytest.mark.parametrize("scale", [1.2, 2.4, 4.0], ids=lambda scale: f"{scale}-times")
@pytest.mark.parametrize("lines", [("MAX232CPE",), ("LM358", "DM74", "9833")], ids=["one-line", "three-lines"])
def test_bold_print_on_plain_ground_is_no_package(scale: float, lines: tuple[str, ...]) -> None:
    picture = ground(round(240 * scale), round((30 + 40 * len(lines)) * scale))
    for row, line in enumerate(lines, 1):
        at = round(15 * scale), round(40 * row * scale)
        cv2.putText(picture, line, at, cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), round(3 * scale), cv2.LINE_AA)
    located = locate(picture)
    # A single bold letter may still look like a package; the reader finds out (`core.clipped_print.holds`).
    assert located.outline is not None
    assert located.whole or area_px(located.outline) < 0.02 * picture.shape[0] * picture.shape[1]


def test_the_bundled_half_of_a_part_is_cut() -> None:
    assert locate(photo(SAMPLES, "mc74hc32an-cut.jpg").pixels).faults == (PACKAGE_CUT,)


@pytest.mark.realchips
def test_most_halves_of_real_parts_are_cut(realchips: Path) -> None:
    told = []
    for row in labelled(realchips, "dip")[::9]:
        pixels = photo(realchips, row["file"]).pixels
        middle = np.rint(locate(pixels).quad.mean(axis=0)).astype(int)
        halves = (pixels[:, : middle[0]], pixels[:, middle[0] :], pixels[: middle[1]], pixels[middle[1] :])
        told += [PACKAGE_CUT in locate(np.ascontiguousarray(half)).faults for half in halves]
    assert np.mean(told) >= 0.8


def labelled(realchips: Path, source: str) -> list[dict[str, str]]:
    with (realchips / "labels.csv").open(encoding="utf-8", newline="") as handle:
        found = [row for row in csv.DictReader(handle) if row["source"] == source]
    assert found, f"no photo is labelled as {source}"
    return found


def photo(realchips: Path, file: str) -> Frame:
    return decode((realchips / file).read_bytes(), LIMITS)


@pytest.mark.realchips
def test_whole_frames_are_outlined_where_their_labels_say(realchips: Path) -> None:
    for row in labelled(realchips, "dipframe"):
        said = re.search(r"bbox xywh=(\d+),(\d+),(\d+),(\d+)", row["notes"])
        assert said is not None
        x, y, width, height = map(int, said.groups())
        located = locate(photo(realchips, row["file"]).pixels)
        assert located.outline is not None
        assert located.faults == (), row["file"]
        low, high = located.outline.min(axis=0), located.outline.max(axis=0)
        # The labels' box holds the leads too, which stand out by about a tenth on the long sides.
        assert overlap(box_quad(*low, *high), box_quad(x, y, x + width, y + height)) > 0.7, row["file"]


@pytest.mark.realchips
@pytest.mark.parametrize("source", ["dip", "board", "aoi", "scratch"])
def test_parts_shown_whole_are_found_and_raise_no_fault(realchips: Path, source: str) -> None:
    rows = labelled(realchips, source)[::2]
    found = [locate(photo(realchips, row["file"]).pixels) for row in rows]
    single = [located for located in found if not located.whole and located.faults == ()]
    assert len(single) >= 0.95 * len(rows)
    for located in single:
        assert located.outline is not None
        assert area_px(located.outline) > 0


@pytest.mark.realchips
def test_crops_of_the_surface_are_read_as_they_are(realchips: Path) -> None:
    assert locate(photo(realchips, "images/misc/synth_zynq.jpg").pixels).whole
