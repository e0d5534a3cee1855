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
MOST_LABEL_PX = 48.0
ADVANCE = 0.62
"""Width of a character of a label, as a part of its height."""


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
    outline = _points(document["outline"] or ())
    polygons = [Polygon(outline, OUTLINE_COLOUR, "package")] if outline else []
    for line, colour in zip(document["lines"], colours, strict=True):
        polygons += [_character(character, colour) for character in line["characters"]]
        polygons.append(Polygon(_points(line["quad"]), colour, "line"))
    sides = [_sides(line, outline, size_wh) for line in document["lines"]]
    at_end = sum(before.room - after.room for before, after in sides) > 0  # all labels on the roomier side
    labels = tuple(
        _label(line, colour, both[0] if at_end else both[1], at_end=at_end)
        for line, colour, both in zip(document["lines"], colours, sides, strict=True)
    )
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


@dataclass(frozen=True)
class _Side:
    """One end of a line: where its label begins, and the pixels there are from there to the border."""

    anchor: Point
    room: float


def _sides(line: Document, outline: tuple[Point, ...], size_wh: tuple[int, int]) -> tuple[_Side, _Side]:
    """Return the sides before and after a line."""
    top_left, top_right, bottom_right, bottom_left = _points(line["quad"])
    length = hypot(top_right[0] - top_left[0], top_right[1] - top_left[1]) or 1.0
    away = ((top_right[0] - top_left[0]) / length, (top_right[1] - top_left[1]) / length)
    step = 0.4 * hypot(bottom_left[0] - top_left[0], bottom_left[1] - top_left[1])
    before = _side(_middle(top_left, bottom_left), (-away[0], -away[1]), step, outline, size_wh)
    return before, _side(_middle(top_right, bottom_right), away, step, outline, size_wh)


def _middle(one: Point, other: Point) -> Point:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _side(end: Point, away: Point, step: float, outline: tuple[Point, ...], size_wh: tuple[int, int]) -> _Side:
    """Begin beyond the package where that leaves most of the room, else right after the line."""
    beyond = max((away[0] * (x - end[0]) + away[1] * (y - end[1]) for x, y in outline), default=0.0)
    near, far = (_moved(end, away, distance + step) for distance in (0.0, max(beyond, 0.0)))
    rooms = _room(near, away, size_wh), _room(far, away, size_wh)
    anchor, room = (far, rooms[1]) if rooms[1] >= rooms[0] / 2 else (near, rooms[0])
    return _Side(anchor, room)


def _moved(start: Point, way: Point, distance: float) -> Point:
    return start[0] + way[0] * distance, start[1] + way[1] * distance


def _label(line: Document, colour: str, side: _Side, *, at_end: bool) -> Label:
    """Return the label of a line, as high as the line where there is room, and never too small to be read."""
    top_left, top_right, _, bottom_left = _points(line["quad"])
    text = printable(line["text"])
    height = hypot(bottom_left[0] - top_left[0], bottom_left[1] - top_left[1])
    fitting = side.room / (ADVANCE * max(len(text), 1))
    return Label(
        text,
        anchor=side.anchor,
        angle_deg=degrees(atan2(top_right[1] - top_left[1], top_right[0] - top_left[0])),
        height_px=max(min(0.8 * height, fitting, MOST_LABEL_PX), LEAST_LABEL_PX),
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
