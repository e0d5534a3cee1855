"""Regions: where in a picture a unit lies, when the picture shows more than it (a tray)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import cv2
import numpy as np

from core.errors import ImageRefused
from core.frame import Frame
from core.geometry import Matrix, angle_deg, area_px, as_quad, box_quad, homography, side_lengths_wh, transform
from core.reading import MarkReading, Quad

UPRIGHT = 0.999
"""A quad that fills so much of its bounding box is cut out as it is, without resampling."""

LEAST_SIDE_PX = 8


@dataclass(frozen=True, eq=False)
class Region:
    """Where a unit lies: `quad` in pixels of the original picture, corners in the order of `core.geometry`."""

    quad: Quad

    def __post_init__(self) -> None:
        as_quad(self.quad)

    @classmethod
    def from_document(cls, document: Mapping[str, object]) -> Self:
        """Read `{"quad": [[x, y], ...]}`.

        Raises:
            ValueError: it does not hold four finite points.
        """
        return cls(as_quad(document.get("quad")))

    def to_document(self) -> dict[str, object]:
        """Return the region as JSON."""
        return {"quad": [[float(x), float(y)] for x, y in self.quad]}


@dataclass(frozen=True, eq=False)
class Cut:
    """What a region shows: its pixels, upright as its quad says, and the homography back to the whole picture."""

    frame: Frame
    to_original: Matrix
    turned_deg: float

    def placed(self, reading: MarkReading) -> MarkReading:
        """Return what was read in the cut with its coordinates in the whole picture."""
        lines = tuple(
            replace(
                line,
                quad=transform(line.quad, self.to_original),
                characters=tuple(
                    replace(character, quad=transform(character.quad, self.to_original))
                    for character in line.characters
                ),
            )
            for line in reading.lines
        )
        outline = None if reading.outline is None else transform(reading.outline, self.to_original)
        turned = (reading.rotation_ccw_deg + self.turned_deg) % 360.0
        return replace(reading, lines=lines, outline=outline, rotation_ccw_deg=turned)


def cut(frame: Frame, region: Region) -> Cut:
    """Cut a region out of a picture.

    Raises:
        ImageRefused: hardly anything of it lies in the picture, or it is no convex quad of a sensible size.
    """
    quad = region.quad
    _check(quad, frame.size_wh)
    if abs(angle_deg(quad)) > 1 or area_px(quad) < UPRIGHT * float(np.prod(np.ptp(quad, axis=0))):
        return _warped(frame, quad)
    width, height = frame.size_wh
    left, top = np.floor(quad.min(axis=0)).clip(0).astype(int)
    right, bottom = np.ceil(quad.max(axis=0)).clip(max=[width - 1, height - 1]).astype(int)
    shift = np.array([[1, 0, left], [0, 1, top], [0, 0, 1]], np.float64)
    return Cut(Frame(np.ascontiguousarray(frame.pixels[top : bottom + 1, left : right + 1])), shift, 0.0)


def _check(quad: Quad, size_wh: tuple[int, int]) -> None:
    width, height = size_wh
    if not cv2.isContourConvex(quad) or max(side_lengths_wh(quad)) > width + height:
        raise ImageRefused("region-unusable", "The unit's region is no quad that could lie in the picture.")
    area, seen = cv2.intersectConvexConvex(quad, box_quad(-0.5, -0.5, width - 0.5, height - 0.5))
    if area < LEAST_SIDE_PX**2 or np.ptp(seen.reshape(-1, 2), axis=0).min() < LEAST_SIDE_PX:
        raise ImageRefused("region-outside", "The unit's region lies outside the picture.")


def _warped(frame: Frame, quad: Quad) -> Cut:
    across, down = (max(LEAST_SIDE_PX, round(side) + 1) for side in side_lengths_wh(quad))
    back = homography(box_quad(0, 0, across - 1, down - 1), quad)
    forth = np.linalg.inv(back)
    pixels = cv2.warpPerspective(
        frame.pixels, forth, (across, down), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return Cut(Frame(np.asarray(pixels, dtype=np.uint8)), back, angle_deg(quad))
