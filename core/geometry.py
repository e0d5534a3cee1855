"""Quads, and the mapping between a view (a rectified piece of a picture) and the original picture.

Quads are float32, shape (4, 2), corners (x right, y down) in the order top-left, top-right, bottom-right, bottom-left
as the text reads; a pixel's centre has whole coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.reading import Quad

Matrix = NDArray[np.float64]


def as_quad(points: object) -> Quad:
    """Return four points as a quad.

    Raises:
        ValueError: there are not four finite points.
    """
    quad = np.asarray(points, dtype=np.float32)
    if quad.shape != (4, 2) or not np.isfinite(quad).all():
        raise ValueError(f"expected four finite points, got {points!r}")
    return quad


def box_quad(left: float, top: float, right: float, bottom: float) -> Quad:
    """Return the upright quad of a box."""
    return as_quad([[left, top], [right, top], [right, bottom], [left, bottom]])


def side_lengths_wh(quad: Quad) -> tuple[float, float]:
    """Return mean width (along the text) and mean height of a quad, in pixels."""
    top_left, top_right, bottom_right, bottom_left = quad.astype(np.float64)
    width = np.linalg.norm(top_right - top_left) + np.linalg.norm(bottom_right - bottom_left)
    height = np.linalg.norm(bottom_left - top_left) + np.linalg.norm(bottom_right - top_right)
    return float(width / 2), float(height / 2)


def angle_deg(quad: Quad) -> float:
    """Return the direction in which a quad's text runs, in degrees clockwise from the x axis, in [-180, 180)."""
    along = (quad[1] - quad[0]) + (quad[2] - quad[3])
    return wrapped_deg(float(np.degrees(np.arctan2(along[1], along[0]))))


def wrapped_deg(angle: float, period: float = 360.0) -> float:
    """Bring an angle into [-period / 2, period / 2)."""
    return (angle + period / 2) % period - period / 2


def area_px(quad: Quad) -> float:
    """Return the area of a quad in square pixels."""
    return float(abs(cv2.contourArea(quad)))


def turned(quad: Quad, quarters: int) -> Quad:
    """Rename the corners of a quad so that what it holds is read after `quarters` quarter turns counter-clockwise."""
    return np.roll(quad, -quarters, axis=0)


def grown(quad: Quad, along: float, across: float) -> Quad:
    """Move the sides of a quad outwards: its ends by `along` and its edges by `across`, in pixels."""
    width, height = side_lengths_wh(quad)
    if min(width, height) <= 0:
        return quad
    right = ((quad[1] - quad[0]) + (quad[2] - quad[3])) / (2 * width)
    down = ((quad[3] - quad[0]) + (quad[2] - quad[1])) / (2 * height)
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=np.float32)
    return as_quad(quad + signs[:, :1] * right * along + signs[:, 1:] * down * across)


def rectangle_quad(points: NDArray[np.float32]) -> Quad:
    """Return the least rotated rectangle around `points` (N, 2), as a quad whose text runs nearest to rightwards."""
    corners = as_quad(cv2.boxPoints(cv2.minAreaRect(points)))
    return min((turned(corners, quarters) for quarters in range(4)), key=lambda quad: abs(angle_deg(quad)))


def transform(points: NDArray[np.float32], matrix: Matrix) -> NDArray[np.float32]:
    """Map points of shape (N, 2) by a 3 x 3 homography."""
    mapped = cv2.perspectiveTransform(points.reshape(-1, 1, 2).astype(np.float64), matrix)
    return mapped.reshape(-1, 2).astype(np.float32)


def homography(source: Quad, target: Quad) -> Matrix:
    """Return the 3 x 3 homography that maps the corners of `source` to those of `target`."""
    return np.asarray(cv2.getPerspectiveTransform(source, target), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class View:
    """A rectified piece of a picture: `pixels` of shape (H, W) uint8, and the homography back to the original."""

    pixels: NDArray[np.uint8]
    to_original: Matrix

    def __post_init__(self) -> None:
        if self.pixels.ndim != 2 or self.to_original.shape != (3, 3):
            raise ValueError(f"expected (H, W) pixels and a 3 x 3 matrix, got {self.pixels.shape}")

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in view pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def quad(self) -> Quad:
        """The whole view, in view pixels."""
        width, height = self.size_wh
        return box_quad(0, 0, width - 1, height - 1)

    def original(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map points (N, 2) of the view to the original picture."""
        return transform(points, self.to_original)

    def within(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map points (N, 2) of the original picture to the view."""
        return transform(points, np.linalg.inv(self.to_original).astype(np.float64))

    def turned(self, quarters: int) -> View:
        """Return the view after `quarters` quarter turns counter-clockwise."""
        if quarters % 4 == 0:
            return self
        width, height = (self.size_wh, self.size_wh[::-1])[quarters % 2]
        seen = turned(self.quad, quarters)
        back = homography(box_quad(0, 0, width - 1, height - 1), seen)
        return View(np.ascontiguousarray(np.rot90(self.pixels, quarters)), self.to_original @ back)
