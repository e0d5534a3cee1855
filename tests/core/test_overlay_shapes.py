from __future__ import annotations

import math
from typing import Any

import pytest

from core.overlay_shapes import LOOKS, OUTLINE_COLOUR, PLAIN_COLOUR, drawing, printable

SIZE = (400, 300)


def turned(degrees: float, x: float = 200, y: float = 150, width: float = 100, height: float = 20) -> list[list[float]]:
    """The corners of a box around (x, y), turned clockwise as seen in the picture."""
    angle = math.radians(degrees)
    corners = ((-width, -height), (width, -height), (width, height), (-width, height))
    return [
        [
            x + (dx * math.cos(angle) - dy * math.sin(angle)) / 2,
            y + (dx * math.sin(angle) + dy * math.cos(angle)) / 2,
        ]
        for dx, dy in corners
    ]


def document(quad: list[list[float]], *, confidence: float = 0.9, **field: Any) -> dict[str, Any]:
    characters = [{"quad": quad, "confidence": confidence}]
    fields = [{"lines": [0], "legible": True, "margin": 5000, "alignment": [{"ok": True}]} | field] if field else []
    return {
        "verdict": "pass",
        "outline": None,
        "lines": [{"text": "A", "quad": quad, "characters": characters}],
        "fields": fields,
    }


@pytest.mark.parametrize(
    ("field", "colour"),
    [
        pytest.param({}, PLAIN_COLOUR, id="nothing was expected here"),
        pytest.param({"legible": True}, LOOKS["pass"].colour, id="right"),
        pytest.param({"alignment": [{"ok": False}]}, LOOKS["pass"].colour, id="read otherwise, and verified"),
        pytest.param({"alignment": [{"ok": False}], "margin": -5000}, LOOKS["fail"].colour, id="another text"),
        pytest.param({"legible": False}, LOOKS["borderline"].colour, id="illegible"),
    ],
)
def test_a_line_has_the_colour_of_its_field(field: dict[str, Any], colour: str) -> None:
    made = drawing(document(turned(0), **field), SIZE)
    assert [polygon.colour for polygon in made.polygons if polygon.role == "line"] == [colour]


def test_a_doubtful_character_stands_out() -> None:
    made = drawing(document(turned(0), confidence=0.4), SIZE)
    assert [polygon.colour for polygon in made.polygons if polygon.role == "character"] == [LOOKS["borderline"].colour]


def test_the_package_is_drawn_first() -> None:
    made = drawing(document(turned(0)) | {"outline": turned(0, width=200, height=100)}, SIZE)
    assert made.polygons[0].role == "package"
    assert made.polygons[0].colour == OUTLINE_COLOUR


@pytest.mark.parametrize("degrees", [0, 30, 90, 135, 180, -60])
def test_a_label_lies_along_its_line_and_outside_it(degrees: float) -> None:
    label = drawing(document(turned(degrees)), SIZE).labels[0]
    assert math.cos(math.radians(label.angle_deg - degrees)) == pytest.approx(1)
    away = math.hypot(label.anchor[0] - 200, label.anchor[1] - 150)
    assert away == pytest.approx(50 + 0.4 * 20)


@pytest.mark.parametrize(("x", "at_end"), [(60, False), (340, True)], ids=["room after", "room before"])
def test_a_label_goes_where_there_is_room(x: float, at_end: bool) -> None:
    assert drawing(document(turned(0, x=x)), SIZE).labels[0].at_end is at_end


@pytest.mark.parametrize(("height", "label"), [(4, 10.0), (20, 16.0), (100, 48.0)], ids=["tiny", "usual", "huge"])
def test_labels_stay_readable_and_modest(height: float, label: float) -> None:
    assert drawing(document(turned(0, height=height)), SIZE).labels[0].height_px == pytest.approx(label)


def test_a_label_begins_beyond_the_package_where_there_is_room() -> None:
    made = drawing(document(turned(0)) | {"outline": turned(0, width=160, height=100)}, SIZE)
    assert abs(made.labels[0].anchor[0] - 200) == pytest.approx(80 + 0.4 * 20)


def test_a_label_begins_at_the_line_where_the_package_leaves_no_room() -> None:
    made = drawing(document(turned(0)) | {"outline": [[0, 0], [400, 0], [400, 300], [0, 300]]}, SIZE)
    assert abs(made.labels[0].anchor[0] - 200) == pytest.approx(50 + 0.4 * 20)


def test_a_long_label_shrinks_to_fit() -> None:
    long = document(turned(0))
    long["lines"][0]["text"] = "W" * 18
    label = drawing(long, SIZE).labels[0]
    assert 10 <= label.height_px < 16
    assert 18 * 0.62 * label.height_px <= 142 + 1e-6


def test_all_labels_are_on_one_side() -> None:
    both = document(turned(0))
    both["lines"] += document(turned(0, x=215, y=180))["lines"] + document(turned(0, x=190, y=200))["lines"]
    assert {label.at_end for label in drawing(both, SIZE).labels} == {True}


def test_a_line_without_length_has_a_label_all_the_same() -> None:
    assert drawing(document([[5.0, 5.0]] * 4), SIZE).labels[0].text == "A"


def test_an_unknown_verdict_has_no_badge() -> None:
    assert drawing(document(turned(0)) | {"verdict": "later"}, SIZE).look is None


def test_verdicts_differ_by_shape_and_not_by_colour_alone() -> None:
    shapes = {(look.strokes, look.ring) for look in LOOKS.values()}
    assert len(shapes) == len({look.colour for look in LOOKS.values()}) == len(LOOKS) == 4


def test_what_cannot_be_shown_is_left_out() -> None:
    assert printable("A\x00B\u202eC®") == "ABC®"
