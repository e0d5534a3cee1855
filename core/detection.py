"""Finds pieces of text in a view with PP-OCR's detection model.

Differentiable binarisation: Liao et al., "Real-time scene text detection", AAAI 2020.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.geometry import area_px, grown, rectangle_quad, side_lengths_wh
from core.onnx import OnnxModel
from core.reading import Quad

STRIDE_PX = 32
THRESHOLD = 0.3  # of the text probability map, as in PP-OCR's own post-processing
LEAST_SCORE = 0.5
LEAST_SIDE_PX = 3.0
UNCLIP = 1.6  # the map shows shrunk text: area x ratio / perimeter is what was taken off (Vatti clipping)
MOST_BOXES = 60


@dataclass(frozen=True, eq=False)
class TextBox:
    """A piece of text: its quad in view pixels and the mean text probability within, 0..1."""

    quad: Quad
    score: float


class Detector:
    """PP-OCR's detector."""

    def __init__(self, model: OnnxModel) -> None:
        self._model = model
        self.version = f"det-{model.digest}"

    def detect(self, grey: NDArray[np.uint8]) -> list[TextBox]:
        """Return the pieces of text in `grey` (H, W), uint8, in no particular order."""
        return boxes(self.probabilities(grey))

    def probabilities(self, grey: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the text probability of each pixel, shape (H, W), 0..1."""
        height, width = grey.shape
        padded = cv2.copyMakeBorder(grey, 0, -height % STRIDE_PX, 0, -width % STRIDE_PX, cv2.BORDER_REPLICATE)
        plane = padded.astype(np.float32) / 127.5 - 1.0
        batch = np.broadcast_to(plane, (1, 3, *plane.shape))
        return self._model.run(np.ascontiguousarray(batch))[0, 0, :height, :width]


def boxes(probabilities: NDArray[np.float32], *, least_score: float = LEAST_SCORE) -> list[TextBox]:
    """Turn a probability map into rotated rectangles: threshold, outline, least rectangle, grow back."""
    bitmap = cv2.dilate((probabilities > THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(bitmap, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    contours = sorted(contours, key=len, reverse=True)[:MOST_BOXES]
    found = [_box(probabilities, contour.reshape(-1, 2).astype(np.int32, copy=False)) for contour in contours]
    return [box for box in found if box is not None and box.score >= least_score]


def _box(probabilities: NDArray[np.float32], points: NDArray[np.int32]) -> TextBox | None:
    quad = rectangle_quad(points.astype(np.float32))
    width, height = side_lengths_wh(quad)
    if min(width, height) < LEAST_SIDE_PX:
        return None
    distance = area_px(quad) * UNCLIP / (2 * (width + height))
    return TextBox(grown(quad, distance, distance), _mean_within(probabilities, points))


def _mean_within(probabilities: NDArray[np.float32], points: NDArray[np.int32]) -> float:
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0) + 1
    inside = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(inside, [points - (left, top)], 1)
    return float(probabilities[top:bottom, left:right][inside > 0].mean())
