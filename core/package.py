"""Finds the package in a picture: its outline as a rotated rectangle, by proposing many and scoring each.

1. A proposal is a region of one brightness or one colour, opened so that leads and silkscreen fall off; its least
   rotated rectangle is the outline.
2. A score says how much a rectangle looks like a package: an even rim inside, another world outside each side.
   Strokes of print on a plain ground, run together, are none.
3. The best proposal wins; where no proposal is good the whole picture is taken for a crop of the package, and only
   the reading can tell whether anything is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import angle_deg, area_px, box_quad, rectangle_quad, side_lengths_wh, wrapped_deg
from core.letterbox import framed
from core.package_cut import is_cut
from core.package_edges import apartness, edge_score, is_print
from core.package_masks import Mask, filled, opened, proposed_masks, without
from core.reading import Quad

NO_PACKAGE = "NO_PACKAGE"
TWO_PACKAGES = "TWO_PACKAGES"
PACKAGE_CUT = "PACKAGE_CUT"

WORK_SIDE_PX = 224  # outlines need no more than half a percent of the picture
OPENINGS = (0.3, 0.55)  # of the largest inscribed circle; the smaller keeps corners, the larger cuts wide leads
SURE_SCORE = 60.0
LIKELY_SCORE = 46.0
GOOD_SCORE = 22.0
GOOD_CUT_SCORE = 8.0  # a side out of sight counts `UNSEEN_SIDE` at most, and a cut askew fills no rectangle
LEAST_AREA, GREATEST_AREA = 0.008, 0.97  # of the picture; beyond it the picture is a crop of the package
GREATEST_ASPECT = 7.0
LEAST_FILL = 0.75
SECOND_AREA = 0.4  # of the first package's: below that it is a neighbour, not a second part
SECOND_SCORE = 25.0
IN_LINE_DEG, IN_LINE_FILL = 6.0, 0.85  # two halves of one body: alike in angle, and filling a rectangle together
LEAST_SPREAD = 6.0  # grey levels between the darkest and brightest hundredth; below that the picture is blank


@dataclass(frozen=True, eq=False)
class Located:
    """Where the package is: `outline` in original px, or None.

    `whole`: the picture itself is taken for a crop of the package. `sure`: no other reading of the picture is likely.
    """

    outline: Quad | None
    faults: tuple[str, ...] = ()
    whole: bool = False
    sure: bool = False

    @property
    def quad(self) -> Quad:
        """Where to read.

        Raises:
            ValueError: there is nowhere to read.
        """
        if self.outline is None:
            raise ValueError("expected a region to read in, got none")
        return self.outline


def whole_picture(size_wh: tuple[int, int]) -> Located:
    """Return a picture taken for a crop of the package."""
    return Located(box_quad(0, 0, size_wh[0] - 1, size_wh[1] - 1), whole=True)


@dataclass(frozen=True, eq=False)
class Proposal:
    """A rectangle in working px, the region it came from, and how much it looks like a package."""

    quad: Quad
    mask: Mask
    score: float


def locate(pixels: NDArray[np.uint8]) -> Located:
    """Find the package in `pixels` (H, W, 3), uint8, BGR; black bars around the picture are no part of it."""
    rows, columns = framed(pixels)
    located = _located(pixels[rows, columns])
    if located.outline is None:
        return located
    return replace(located, outline=located.outline + np.array([columns.start, rows.start], np.float32))


def _located(pixels: NDArray[np.uint8]) -> Located:
    small, scale = _working(pixels)
    if _is_blank(small):
        return Located(None, (NO_PACKAGE,))
    best = _best_proposal(small)
    if best is None or (best.score < GOOD_SCORE and not _is_good_but_cut(small, best)):
        return whole_picture((pixels.shape[1], pixels.shape[0]))
    quad, others = _with_its_rest(best.quad, _others(small, best))
    faults = _faults(small, quad, others, filled(best.mask))
    outline = (quad + 0.5) / scale - 0.5
    return Located(outline.astype(np.float32), faults, sure=bool(faults) or best.score >= LIKELY_SCORE)


def _working(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    height, width = pixels.shape[:2]
    scale = min(1.0, WORK_SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.medianBlur(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), 3)
    return np.asarray(small, dtype=np.uint8), scale


def _is_blank(small: NDArray[np.uint8]) -> bool:
    low, high = np.percentile(small.max(axis=2), (1, 99))
    return bool(high - low < LEAST_SPREAD)


def _best_proposal(small: NDArray[np.uint8]) -> Proposal | None:
    best: Proposal | None = None
    for mask in proposed_masks(small):
        for proposal in _proposals(small, mask):
            if (best is None or proposal.score > best.score) and not is_print(small, proposal.quad):
                best = proposal
        if best is not None and best.score >= SURE_SCORE:
            return best
    return best


def _proposals(small: NDArray[np.uint8], mask: Mask) -> Iterator[Proposal]:
    for opening in OPENINGS:
        region = opened(mask, opening)
        if region is None:
            return
        proposal = _proposal(small, mask, region)
        if proposal is not None:
            yield proposal


def _proposal(small: NDArray[np.uint8], mask: Mask, region: Mask) -> Proposal | None:
    contours, _ = cv2.findContours(region, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    quad = rectangle_quad(np.concatenate(contours).reshape(-1, 2).astype(np.float32))
    width, height = side_lengths_wh(quad)
    area, picture = area_px(quad), float(region.size)
    if min(width, height) < 4 or max(width, height) > GREATEST_ASPECT * min(width, height):
        return None
    fill = min(1.0, float(region.sum()) / area)
    if not LEAST_AREA * picture <= area <= GREATEST_AREA * picture or fill < LEAST_FILL:
        return None
    # Of two rectangles with sides alike the larger is the package and the smaller a blank piece of its surface.
    score = edge_score(small, quad) + 30.0 * (fill - 0.95) + 10.0 * np.log(min(1.0, area / picture / 0.4))
    return Proposal(quad, mask, float(score + 0.5 * apartness(small, quad)))


def _others(small: NDArray[np.uint8], best: Proposal) -> list[Quad]:
    """Return rectangles beside the best one that are nearly as large and look as much like a package."""
    rest = without(best.mask, best.quad)
    return [
        other.quad
        for mask in (rest, filled(rest))
        for other in _proposals(small, mask)
        if area_px(other.quad) >= SECOND_AREA * area_px(best.quad) and edge_score(small, other.quad) >= SECOND_SCORE
    ]


def _with_its_rest(quad: Quad, others: list[Quad]) -> tuple[Quad, list[Quad]]:
    """Return the outline and the other packages; a piece that lies against it in line with it is its own other half.

    Bold print across a body can part it in two.
    """
    for other in others:
        if _is_in_line(quad, other):
            return rectangle_quad(np.concatenate([quad, other])), []
    return quad, others


def _is_in_line(one: Quad, other: Quad) -> bool:
    whole = rectangle_quad(np.concatenate([one, other]))
    lying = abs(wrapped_deg(angle_deg(one) - angle_deg(other), 90.0)) < IN_LINE_DEG
    return lying and area_px(one) + area_px(other) > IN_LINE_FILL * area_px(whole)


def _is_good_but_cut(small: NDArray[np.uint8], best: Proposal) -> bool:
    """Say whether a proposal falls short of a good score only for the side that the picture's border took."""
    return best.score >= GOOD_CUT_SCORE and is_cut(small, best.quad, filled(best.mask))


def _faults(small: NDArray[np.uint8], quad: Quad, others: list[Quad], body: Mask) -> tuple[str, ...]:
    found = [TWO_PACKAGES] if others else []
    if is_cut(small, quad, body):
        found.append(PACKAGE_CUT)
    return tuple(found)
