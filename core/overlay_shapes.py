"""What is drawn over a picture, worked out from evidence alone: polygons, labels and the badge of the verdict.

Coordinates are pixels of the original picture. Boxes never hide what they mark: outlines alone, labels beside the line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import atan2, degrees, hypot
from typing import Any

Point = tuple[float, float]
Document = Mapping[str, Any]

STROKE_PX = 1.5
SURE = 0.5
"""Confidence under which a character's box is drawn in the colour of doubt."""

LEAST_LABEL_PX = 10.0
MOST_LABEL_PX = 64.0


@dataclass(frozen=True)
class Look:
    """How a verdict looks: colour (#rrggbb), the colour of words on it, word, and strokes in a unit square."""

    colour: str
    ink: str
    word: str
    strokes: tuple[tuple[Point, ...], ...]
    ring: bool = False


LOOKS: dict[str, Look] = {
    "pass": Look("#009E73", "#FFFFFF", "Pass", (((0.1, 0.55), (0.4, 0.85), (0.9, 0.15)),)),
    "borderline": Look("#E69F00", "#000000", "Borderline", (((0.5, 0.1), (0.95, 0.9), (0.05, 0.9), (0.5, 0.1)),)),
    "fail": Look("#D55E00", "#FFFFFF", "Fail", (((0.15, 0.15), (0.85, 0.85)), ((0.85, 0.15), (0.15, 0.85)))),
    "not_judged": Look("#7A828C", "#FFFFFF", "Not judged", (), ring=True),
}
OUTLINE_COLOUR = "#56B4E9"
PLAIN_COLOUR = "#7A828C"


@dataclass(frozen=True)
class Polygon:
    """A closed outline; `role` is what it marks: package, line or character."""

    points: tuple[Point, ...]
    colour: str
    role: str


@dataclass(frozen=True)
class Label:
    """Text beside a line: it starts (or, `at_end`, ends) at `anchor`, halfway up, turned clockwise by `angle_deg`."""

    text: str
    anchor: Point
    angle_deg: float
    height_px: float
    colour: str
    at_end: bool


@dataclass(frozen=True)
class Drawing:
    """Everything drawn over one picture, from the ground up."""

    polygons: tuple[Polygon, ...]
    labels: tuple[Label, ...]
    look: Look | None


def drawing(document: Document, size_wh: tuple[int, int]) -> Drawing:
    """Return what to draw for an evidence document (`core.evidence`) over a picture of this size."""
    colours = _line_colours(document)
    polygons: list[Polygon] = []
    if document.get("outline"):
        polygons.append(Polygon(_points(document["outline"]), OUTLINE_COLOUR, "package"))
    for line, colour in zip(document["lines"], colours, strict=True):
        polygons += [_character(character, colour) for character in line["characters"]]
        polygons.append(Polygon(_points(line["quad"]), colour, "line"))
    labels = tuple(_label(line, colour, size_wh) for line, colour in zip(document["lines"], colours, strict=True))
    return Drawing(tuple(polygons), labels, LOOKS.get(document["verdict"]))


def _line_colours(document: Document) -> list[str]:
    """Return a colour a line: how the field that it was taken for came off."""
    colours = [PLAIN_COLOUR] * len(document["lines"])
    for field in document["fields"]:
        right = all(column["ok"] for column in field["alignment"]) or field["margin"] > 0
        verdict = "borderline" if not field["legible"] else "pass" if right else "fail"
        for index in field["lines"]:
            colours[index] = LOOKS[verdict].colour
    return colours


def _character(character: Document, colour: str) -> Polygon:
    doubtful = character["confidence"] < SURE
    return Polygon(_points(character["quad"]), LOOKS["borderline"].colour if doubtful else colour, "character")


def _points(quad: Sequence[Sequence[float]]) -> tuple[Point, ...]:
    return tuple((float(x), float(y)) for x, y in quad)


def _label(line: Document, colour: str, size_wh: tuple[int, int]) -> Label:
    """Put the label after the line, or before it where there is more room on that side."""
    top_left, top_right, bottom_right, bottom_left = _points(line["quad"])
    along = (top_right[0] - top_left[0], top_right[1] - top_left[1])
    height = hypot(bottom_left[0] - top_left[0], bottom_left[1] - top_left[1])
    length = hypot(*along) or 1.0
    step = (along[0] / length * 0.4 * height, along[1] / length * 0.4 * height)
    before = ((top_left[0] + bottom_left[0]) / 2 - step[0], (top_left[1] + bottom_left[1]) / 2 - step[1])
    after = ((top_right[0] + bottom_right[0]) / 2 + step[0], (top_right[1] + bottom_right[1]) / 2 + step[1])
    away = (along[0] / length, along[1] / length)
    at_end = _room(before, (-away[0], -away[1]), size_wh) > _room(after, away, size_wh)
    return Label(
        printable(line["text"]),
        anchor=before if at_end else after,
        angle_deg=degrees(atan2(along[1], along[0])),
        height_px=min(max(0.8 * height, LEAST_LABEL_PX), MOST_LABEL_PX),
        colour=colour,
        at_end=at_end,
    )


def _room(start: Point, way: Point, size_wh: tuple[int, int]) -> float:
    """Return the pixels from `start` to the border of the picture along the unit vector `way`."""
    rooms = []
    for place, step, size in zip(start, way, size_wh, strict=True):
        if abs(step) > 1e-9:
            rooms.append(((size if step > 0 else 0.0) - place) / step)
    return max(min(rooms, default=0.0), 0.0)


def printable(text: str) -> str:
    """Return the text without characters that cannot be shown, or that XML forbids."""
    return "".join(character for character in text if character.isprintable())
