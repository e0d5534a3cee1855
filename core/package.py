"""Finds the package in a picture: its outline as a rotated rectangle, by proposing many and scoring each.

1. A proposal is a region of one brightness or one colour, opened so that leads and silkscreen fall off; its least
   rotated rectangle is the outline.
2. A score says how much a rectangle looks like a package: an even rim inside, another world outside each side.
3. The best proposal wins; where no proposal is good the whole picture is taken for a crop of the package, and only
   the reading can tell whether anything is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import (
    angle_deg,
    area_px,
    box_quad,
    grown,
    homography,
    rectangle_quad,
    side_lengths_wh,
    wrapped_deg,
)
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
MOST_APART = 40.0
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


@dataclass(frozen=True, eq=False)
class Proposal:
    """A rectangle in working px, the region it came from, and how much it looks like a package."""

    quad: Quad
    mask: Mask
    score: float


def locate(pixels: NDArray[np.uint8]) -> Located:
    """Find the package in `pixels` (H, W, 3), uint8, BGR."""
    small, scale = _working(pixels)
    if _is_blank(small):
        return Located(None, (NO_PACKAGE,))
    best = _best_proposal(small)
    if best is None or best.score < GOOD_SCORE:
        height, width = pixels.shape[:2]
        return Located(box_quad(0, 0, width - 1, height - 1), whole=True)
    quad, others = _with_its_rest(best.quad, _others(small, best))
    faults = _faults(small, quad, others)
    outline = (quad + 0.5) / scale - 0.5
    return Located(outline.astype(np.float32), faults, sure=best.score >= LIKELY_SCORE)


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
            if best is None or proposal.score > best.score:
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
    return Proposal(quad, mask, float(score + 0.5 * _apartness(small, quad)))


# The rectangle is looked at in one fixed frame, so that bands along its sides mean the same at any size and angle.
CANON_PX, MARGIN_PX = 96, 14
CANON = box_quad(MARGIN_PX, MARGIN_PX, CANON_PX - 1 - MARGIN_PX, CANON_PX - 1 - MARGIN_PX)
ALONG = slice(MARGIN_PX + 6, CANON_PX - MARGIN_PX - 6)
INSIDE = slice(MARGIN_PX + 3, MARGIN_PX + 7)
OUTSIDE = slice(MARGIN_PX - 6, MARGIN_PX - 1)
UNSEEN_SIDE = 12.0  # what a side counts that lies on the picture's border
SIDE_RANGE = (-20.0, 60.0)
PIECES = 4
DARKER_BY, DARKER_COUNTS = 25.0, 0.3  # surroundings darker than the part: print or a label, seldom a package


def edge_score(small: NDArray[np.uint8], quad: Quad) -> float:
    """Say how much the four sides of `quad` look like a package's, in grey levels; about 60 is perfect, 0 is nothing.

    A side counts the difference of colour across it plus the unevenness along it outside (leads) less that inside;
    the mean and the least side count alike.
    """
    sides = side_contrasts(small, quad)
    seen = [UNSEEN_SIDE if side is None else side for side in sides]
    return float(np.mean(seen) + min(seen)) / 2 - 0.5 * _rim_unevenness(small, quad)


def side_contrasts(small: NDArray[np.uint8], quad: Quad) -> list[float | None]:
    """Return the contrast across the top, right, bottom and left side; None for a side at the picture's border."""
    matrix = homography(quad, CANON)
    size = (CANON_PX, CANON_PX)
    seen = cv2.warpPerspective(small, matrix, size, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    inside = cv2.warpPerspective(np.ones(small.shape[:2], np.uint8), matrix, size, flags=cv2.INTER_NEAREST)
    return [_side_contrast(np.rot90(seen, turn), np.rot90(inside, turn)) for turn in range(4)]


def _side_contrast(seen: NDArray[np.float32], inside: NDArray[np.uint8]) -> float | None:
    rows = inside[OUTSIDE, ALONG].mean(axis=1) > 0.6
    if not rows.any():
        return None
    within, beyond = seen[INSIDE, ALONG], seen[OUTSIDE, ALONG][rows]
    pieces = zip(np.array_split(within, PIECES, axis=1), np.array_split(beyond, PIECES, axis=1), strict=True)
    # The second-least piece: an edge runs the whole side but for a notch, print crosses a part of it.
    return sorted(_contrast(*piece) for piece in pieces)[1]


def _contrast(within: NDArray[np.float32], beyond: NDArray[np.float32]) -> float:
    inner, outer = np.median(within, axis=(0, 1)), beyond.mean(axis=(0, 1))
    step = np.abs(inner - outer).max() * (1.0 if outer.mean() > inner.mean() - DARKER_BY else DARKER_COUNTS)
    contrast = step + beyond.mean(axis=(0, 2)).std() - _spread(within.mean(axis=2))
    return float(np.clip(contrast, *SIDE_RANGE))


def _rim_unevenness(small: NDArray[np.uint8], quad: Quad) -> float:
    seen = cv2.warpPerspective(small, homography(quad, CANON), (CANON_PX, CANON_PX), borderMode=cv2.BORDER_REPLICATE)
    grey = seen.mean(axis=2)
    return _spread(np.concatenate([np.rot90(grey, turn)[INSIDE, ALONG].ravel() for turn in range(4)]))


def _spread(values: NDArray[np.floating[Any]]) -> float:
    """Return the root mean square distance from the median, each distance capped: print on the rim counts some."""
    return float(np.sqrt(np.mean(np.minimum(np.abs(values - np.median(values)), 40.0) ** 2)))


def _apartness(small: NDArray[np.uint8], quad: Quad) -> float:
    """Return how far the surroundings differ from the inside, 0..`MOST_APART` grey levels.

    A blank piece of a package's surface has more of that surface around it; a package has not.
    """
    margin = 0.12 * min(side_lengths_wh(quad))
    inside, around = np.zeros(small.shape[:2], np.uint8), np.ones(small.shape[:2], np.uint8)
    cv2.fillConvexPoly(inside, np.rint(quad).astype(np.int32), 1)
    cv2.fillConvexPoly(around, np.rint(grown(quad, margin, margin)).astype(np.int32), 0)
    if around.mean() < 0.05:
        return MOST_APART / 2
    every = small[::2, ::2]  # a quarter of the pixels gives the same medians
    step = np.median(every[inside[::2, ::2] > 0], axis=0) - np.median(every[around[::2, ::2] > 0], axis=0)
    return float(min(MOST_APART, np.abs(step).max()))


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


def _faults(small: NDArray[np.uint8], quad: Quad, others: list[Quad]) -> tuple[str, ...]:
    found = [TWO_PACKAGES] if others else []
    if is_cut(quad, (small.shape[1], small.shape[0])) and _is_real(small, quad):
        found.append(PACKAGE_CUT)
    return tuple(found)


def _is_real(small: NDArray[np.uint8], quad: Quad) -> bool:
    """Say whether at least two sides are plain edges and none that can be seen is a weak one."""
    seen = [side for side in side_contrasts(small, quad) if side is not None]
    return len(seen) >= 2 and min(seen) >= REAL_SIDE


REAL_SIDE = 30.0
CONTACT = 0.35  # of a picture side's run along the package that must touch for the package to be cut there
FREE = 0.12  # of the picture that must be free beyond the opposite side; else the picture was cropped to the package


def is_cut(quad: Quad, size_wh: tuple[int, int]) -> bool:
    """Say whether the picture's border cuts through a package, rather than being cropped around it.

    The package reaches one border along a good part of its width while the opposite side stands well free.
    """
    width, height = size_wh
    low, high = quad.min(axis=0), quad.max(axis=0)
    margins = {"left": low[0] / width, "right": (width - 1 - high[0]) / width}
    margins |= {"top": low[1] / height, "bottom": (height - 1 - high[1]) / height}
    opposite = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
    return any(
        margin <= 0.012 and margins[opposite[side]] >= FREE and _contact(quad, side, size_wh) >= CONTACT
        for side, margin in margins.items()
    )


def _contact(quad: Quad, side: str, size_wh: tuple[int, int]) -> float:
    """Return how much of the package's extent along a border lies at that border, 0..1."""
    width, height = size_wh
    drawn = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(drawn, np.rint(quad).astype(np.int32), 1)
    depth = max(2, round(0.02 * max(size_wh)))
    rows = {"left": drawn[:, :depth], "right": drawn[:, -depth:], "top": drawn[:depth].T, "bottom": drawn[-depth:].T}
    axis = 1 if side in {"left", "right"} else 0
    extent = float(quad[:, axis].max() - quad[:, axis].min())
    return float(rows[side].any(axis=1).sum()) / max(extent, 1.0)
