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
    """Cut a region out of a picture; what of it lies outside the picture is left out.

    Raises:
        ImageRefused: hardly anything of it lies in the picture.
    """
    width, height = frame.size_wh
    quad = as_quad(np.clip(region.quad, 0, [width - 1, height - 1]))
    if min(side_lengths_wh(quad)) < LEAST_SIDE_PX - 1:
        raise ImageRefused("region-outside", "The unit's region lies outside the picture.")
    left, top = np.floor(quad.min(axis=0)).astype(int)
    right, bottom = np.ceil(quad.max(axis=0)).astype(int)
    if area_px(quad) >= UPRIGHT * (right - left) * (bottom - top) and abs(angle_deg(quad)) < 1:
        shift = np.array([[1, 0, left], [0, 1, top], [0, 0, 1]], np.float64)
        return Cut(Frame(np.ascontiguousarray(frame.pixels[top : bottom + 1, left : right + 1])), shift, 0.0)
    return _warped(frame, quad)


def _warped(frame: Frame, quad: Quad) -> Cut:
    across, down = (max(LEAST_SIDE_PX, round(side) + 1) for side in side_lengths_wh(quad))
    back = homography(box_quad(0, 0, across - 1, down - 1), quad)
    forth = np.linalg.inv(back)
    pixels = cv2.warpPerspective(frame.pixels, forth, (across, down), flags=cv2.INTER_LINEAR)
    return Cut(Frame(np.asarray(pixels, dtype=np.uint8)), back, angle_deg(quad))
