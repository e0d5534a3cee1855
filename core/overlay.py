"""Evidence drawn over a picture: as an SVG to lay over it, and as a PNG of both."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import cv2
import numpy as np
from numpy.typing import NDArray

from core.frame import Frame
from core.overlay_shapes import STROKE_PX, Document, Drawing, Label, Look, Point, Polygon, drawing

BADGE_SHARE = 28
"""The badge is this part of the picture's longer side high, within the bounds below."""

LEAST_BADGE_PX = 18.0
MOST_BADGE_PX = 72.0
SHIFT = 4
"""Fractional bits of OpenCV's sub-pixel coordinates."""

Pixels = NDArray[np.uint8]


def svg(document: Document, size_wh: tuple[int, int]) -> str:
    """Return an SVG of the picture's size, transparent where nothing is drawn; the same evidence gives the same text.

    Classes `package`, `line`, `character`, `label` and `badge` let a page switch parts off.
    """
    shown = drawing(document, size_wh)
    width, height = size_wh
    body = [
        *(_svg_polygon(polygon) for polygon in shown.polygons),
        *(_svg_label(label) for label in shown.labels if label.text),
        *_svg_badge(shown.look, _badge_px(size_wh)),
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    return "\n".join((head, *body, "</svg>\n"))


def png(frame: Frame, document: Document) -> bytes:
    """Return the picture with its evidence drawn on it, as PNG bytes."""
    pixels = frame.pixels.copy()
    shown = drawing(document, frame.size_wh)
    _paint(pixels, shown)
    if shown.look is not None:
        _paint_badge(pixels, shown.look, _badge_px(frame.size_wh))
    return cv2.imencode(".png", pixels)[1].tobytes()


def _badge_px(size_wh: tuple[int, int]) -> float:
    return min(max(max(size_wh) / BADGE_SHARE, LEAST_BADGE_PX), MOST_BADGE_PX)


def _svg_points(points: tuple[Point, ...]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _svg_polygon(polygon: Polygon) -> str:
    width = STROKE_PX / 2 if polygon.role == "character" else STROKE_PX
    return (
        f'<polygon class="{polygon.role}" points="{_svg_points(polygon.points)}" fill="none" '
        f'stroke="{polygon.colour}" stroke-width="{width}" vector-effect="non-scaling-stroke"/>'
    )


def _svg_label(label: Label) -> str:
    """A dark rim under the letters keeps them readable on any ground."""
    x, y = label.anchor
    return (
        f'<text class="label" x="{x:.2f}" y="{y:.2f}" transform="rotate({label.angle_deg:.2f} {x:.2f} {y:.2f})" '
        f'font-family="IBM Plex Mono, monospace" font-size="{label.height_px:.2f}" dominant-baseline="central" '
        f'text-anchor="{"end" if label.at_end else "start"}" fill="#FFFFFF" stroke="#000000" '
        f'stroke-width="{label.height_px / 8:.2f}" paint-order="stroke" xml:space="preserve">'
        f"{escape(label.text)}</text>"
    )


def _svg_badge(look: Look | None, size: float) -> Iterator[str]:
    if look is None:
        return
    pad = size * 0.2
    width = _badge_width(look, size)
    yield f'<g class="badge" role="img" aria-label="{escape(look.word)}">'
    box = f'x="{pad:.2f}" y="{pad:.2f}" width="{width:.2f}" height="{size:.2f}"'
    yield f'<rect {box} rx="{pad:.2f}" fill="{look.colour}"/>'
    stroke = f'fill="none" stroke="{look.ink}" stroke-width="{size / 10:.2f}"'
    if look.ring:
        yield f'<circle cx="{size * 0.7:.2f}" cy="{size * 0.7:.2f}" r="{size * 0.25:.2f}" {stroke}/>'
    for points in _badge_strokes(look, size):
        yield f'<polyline points="{_svg_points(points)}" {stroke}/>'
    yield (
        f'<text x="{size * 1.2:.2f}" y="{size * 0.7:.2f}" font-family="IBM Plex Sans, sans-serif" '
        f'font-size="{size * 0.6:.2f}" dominant-baseline="central" fill="{look.ink}">{escape(look.word)}</text>'
    )
    yield "</g>"


def _badge_width(look: Look, size: float) -> float:
    return size * (1.3 + 0.36 * len(look.word))


def _badge_strokes(look: Look, size: float) -> list[tuple[Point, ...]]:
    """Return the verdict's shape in the left of the badge."""
    side, corner = size * 0.6, size * 0.4
    return [tuple((corner + side * x, corner + side * y) for x, y in points) for points in look.strokes]


def _bgr(colour: str) -> tuple[int, int, int]:
    return int(colour[5:7], 16), int(colour[3:5], 16), int(colour[1:3], 16)


def _fixed(points: tuple[Point, ...]) -> list[NDArray[np.int32]]:
    return [np.rint(np.array(points) * (1 << SHIFT)).astype(np.int32)]


def _paint(pixels: Pixels, shown: Drawing) -> None:
    for polygon in shown.polygons:
        thick = 1 if polygon.role == "character" else max(1, round(STROKE_PX * max(pixels.shape) / 1000))
        cv2.polylines(pixels, _fixed(polygon.points), True, _bgr(polygon.colour), thick, cv2.LINE_AA, SHIFT)
    for label in shown.labels:
        if label.text:
            _paint_label(pixels, label)


def _paint_label(pixels: Pixels, label: Label) -> None:
    """Letters are drawn upright on a strip and turned into place with it."""
    strip = _strip(label.text, label.height_px)
    rows, columns = strip.shape
    turn = cv2.getRotationMatrix2D((columns if label.at_end else 0, rows / 2), -label.angle_deg, 1.0)
    turn[:, 2] += np.array(label.anchor) - (columns if label.at_end else 0, rows / 2)
    size_wh = (pixels.shape[1], pixels.shape[0])
    letters = cv2.warpAffine(strip, turn, size_wh)
    rim = cv2.dilate(letters, np.ones((3, 3), np.uint8))
    for layer, level in ((rim, 0.0), (letters, 255.0)):
        share = layer[..., None].astype(np.float32) / 255.0
        pixels[:] = np.rint(pixels * (1.0 - share) + level * share).astype(np.uint8)


def _strip(text: str, height_px: float) -> Pixels:
    """Return white letters on black, uint8 of shape (H, W), as high as a line of this height needs."""
    scale = height_px / 30.0
    (width, height), baseline = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    strip = np.zeros((height + 2 * baseline + 2, width + 2), np.uint8)
    cv2.putText(strip, text, (1, height + baseline // 2), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1, cv2.LINE_AA)
    return strip


def _paint_badge(pixels: Pixels, look: Look, size: float) -> None:
    pad, ink = size * 0.2, _bgr(look.ink)
    corner = (round(pad + _badge_width(look, size)), round(pad + size))
    cv2.rectangle(pixels, (round(pad), round(pad)), corner, _bgr(look.colour), cv2.FILLED)
    thick = max(1, round(size / 10))
    if look.ring:
        cv2.circle(pixels, (round(size * 0.7), round(size * 0.7)), round(size * 0.25), ink, thick, cv2.LINE_AA)
    for points in _badge_strokes(look, size):
        cv2.polylines(pixels, _fixed(points), False, ink, thick, cv2.LINE_AA, SHIFT)
    place = (round(size * 1.2), round(size * 0.9))
    cv2.putText(pixels, look.word, place, cv2.FONT_HERSHEY_SIMPLEX, size * 0.6 / 30.0, ink, 1, cv2.LINE_AA)
