"""Pictures of parts drawn for tests: a dark body with bright leads and print on it, at any angle, on any ground."""

from __future__ import annotations

import cv2
import numpy as np

from core.geometry import as_quad
from core.reading import Quad

WHITE = (245, 245, 245)
BOARD = (60, 30, 10)
BODY = (48, 46, 45)
LEAD = (200, 205, 205)
INK = (190, 190, 190)


def ground(width: int = 640, height: int = 480, colour: tuple[int, int, int] = WHITE) -> np.ndarray:
    """An empty picture with a little noise."""
    noise = np.random.default_rng(3).normal(0, 2, (height, width, 3))
    return np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)


def body(centre: tuple[float, float], size_wh: tuple[float, float], degrees: float = 0.0) -> Quad:
    """The corners of a body, turned clockwise about its centre."""
    half = np.array(size_wh) / 2
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return as_quad(corners @ np.array([[cosine, sine], [-sine, cosine]]) + centre)


def with_package(
    picture: np.ndarray, quad: Quad, text: tuple[str, ...] = (), *, leads: int = 7, lead_colour: tuple[int, ...] = LEAD
) -> np.ndarray:
    """Return the picture with a package of two rows of leads drawn on it, and lines of text along its upper side."""
    drawn = picture.copy()
    down = (quad[3] - quad[0]) / np.linalg.norm(quad[3] - quad[0])
    reach = 0.12 * float(np.linalg.norm(quad[3] - quad[0]))
    for start, end, way in ((quad[0], quad[1], -down), (quad[3], quad[2], down)):
        for share in np.linspace(0.08, 0.92, leads):
            foot = start + (end - start) * share
            tip = foot + way * reach
            cv2.line(drawn, _point(foot), _point(tip), lead_colour, max(2, round(reach / 2)))
    cv2.fillConvexPoly(drawn, np.rint(quad).astype(np.int32), BODY)
    return _printed(drawn, quad, text) if text else drawn


def _point(at: np.ndarray) -> tuple[int, int]:
    return round(float(at[0])), round(float(at[1]))


def _printed(picture: np.ndarray, quad: Quad, text: tuple[str, ...]) -> np.ndarray:
    width = round(float(np.linalg.norm(quad[1] - quad[0])))
    height = round(float(np.linalg.norm(quad[3] - quad[0])))
    label = np.zeros((height, width, 3), np.uint8)
    pitch = height / (len(text) + 1)
    for row, line in enumerate(text, 1):
        scale = min(0.6 * pitch / 22, 0.8 * width / cv2.getTextSize(line, cv2.FONT_HERSHEY_SIMPLEX, 1.0, 2)[0][0])
        (wide, tall), _ = cv2.getTextSize(line, cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
        at = (width - wide) // 2, round(row * pitch + tall / 2)
        cv2.putText(label, line, at, cv2.FONT_HERSHEY_SIMPLEX, scale, INK, 2, cv2.LINE_AA)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    size = (picture.shape[1], picture.shape[0])
    laid = cv2.warpPerspective(label, cv2.getPerspectiveTransform(corners, quad), size)
    return np.maximum(picture, laid)


def overlap(one: Quad, other: Quad) -> float:
    """Intersection over union of two quads."""
    shared, _ = cv2.intersectConvexConvex(one, other)
    whole = abs(cv2.contourArea(one)) + abs(cv2.contourArea(other)) - shared
    return float(shared / whole)
