from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import Any

import cv2
import numpy as np
import pytest

from core.evidence import to_document
from core.frame import Frame
from core.inspection import judge, not_judged
from core.overlay import png, svg
from core.overlay_shapes import LOOKS
from core.reasons import Reason
from tests.core.marks import mark, recipe

NOW = datetime(2026, 7, 1, tzinfo=UTC)
SIZE = (240, 120)
SVG = "{http://www.w3.org/2000/svg}"

MARKS = {
    "pass": ("1932XBL", "SN74LS00N"),
    "fail": ("1932XBL", "SN74LS06N"),
    "borderline": ("SN74LS00N",),
    "not_judged": (),
}


def document(verdict: str = "pass") -> dict[str, Any]:
    made = to_document(judge(mark(*MARKS[verdict]), recipe("{YYWW}XBL", "SN74LS00N"), captured_at=NOW))
    assert made["verdict"] == verdict
    return made


def drawn(evidence: dict[str, Any]) -> ET.Element:
    return ET.fromstring(svg(evidence, SIZE))  # noqa: S314 - our own text


def of_class(root: ET.Element, name: str) -> list[ET.Element]:
    return [element for element in root.iter() if element.get("class") == name]


def test_the_svg_is_as_large_as_the_picture() -> None:
    root = drawn(document())
    assert root.get("viewBox") == "0 0 240 120"
    assert (root.get("width"), root.get("height")) == ("240", "120")


def test_everything_seen_has_its_outline() -> None:
    root = drawn(document())
    assert len(of_class(root, "package")) == 1
    assert len(of_class(root, "line")) == 2
    assert len(of_class(root, "character")) == 16
    assert [label.text for label in of_class(root, "label")] == ["1932XBL", "SN74LS00N"]


def test_outlines_hide_nothing() -> None:
    polygons = list(drawn(document()).iter(f"{SVG}polygon"))
    assert len(polygons) == 1 + 2 + 16
    for polygon in polygons:
        assert polygon.get("fill") == "none"
        assert float(polygon.get("stroke-width", "9")) <= 1.5
        assert polygon.get("vector-effect") == "non-scaling-stroke"


@pytest.mark.parametrize("verdict", MARKS)
def test_a_verdict_is_shown_by_colour_shape_and_word(verdict: str) -> None:
    badge = of_class(drawn(document(verdict)), "badge")[0]
    look = LOOKS[verdict]
    assert badge.get("aria-label") == look.word
    assert badge.find(f"{SVG}rect").get("fill") == look.colour  # type: ignore[union-attr]
    assert badge.find(f"{SVG}text").text == look.word  # type: ignore[union-attr]
    assert len(badge.findall(f"{SVG}polyline")) == len(look.strokes)
    assert len(badge.findall(f"{SVG}circle")) == look.ring


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "A&B", '"]]>', "\x00\x1b\x08A", "\u202egnp", "漢字®", "' onload='x"],
    ids=["script", "ampersand", "end of data", "control characters", "right to left", "other scripts", "attribute"],
)
def test_whatever_was_read_stays_text(text: str) -> None:
    evidence = document()
    evidence["lines"][0]["text"] = text
    root = drawn(evidence)
    shown = of_class(root, "label")[0]
    assert shown.text == "".join(character for character in text if character.isprintable())
    assert not list(root.iter(f"{SVG}script"))
    assert len(shown) == 0


def test_the_same_evidence_gives_the_same_bytes() -> None:
    frame = Frame(np.full((120, 240, 3), 90, np.uint8))
    assert svg(document(), SIZE) == svg(document(), SIZE)
    assert png(frame, document()) == png(frame, document())


@pytest.mark.parametrize("verdict", MARKS)
def test_the_png_is_the_picture_with_its_evidence(verdict: str) -> None:
    frame = Frame(np.full((120, 240, 3), 90, np.uint8))
    pixels = cv2.imdecode(np.frombuffer(png(frame, document(verdict)), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == frame.pixels.shape
    assert np.any(pixels != frame.pixels)
    colour = LOOKS[verdict].colour
    bgr = [int(colour[place : place + 2], 16) for place in (5, 3, 1)]
    assert np.any(np.all(pixels == bgr, axis=2))


def test_the_frame_is_left_as_it_was() -> None:
    frame = Frame(np.full((120, 240, 3), 90, np.uint8))
    png(frame, document())
    assert np.all(frame.pixels == 90)


@pytest.mark.parametrize("size", [(16, 16), (1, 40), (4000, 30)])
def test_small_and_odd_pictures_can_be_drawn_on(size: tuple[int, int]) -> None:
    frame = Frame(np.zeros((size[1], size[0], 3), np.uint8))
    assert png(frame, document()).startswith(b"\x89PNG")
    assert svg(document(), size).startswith("<svg ")


def test_nothing_read_is_a_badge_alone() -> None:
    root = drawn(to_document(not_judged(Reason.TIME_OUT)))
    assert [child.get("class") for child in root] == ["badge"]
