"""The reader as a whole: with made-up models for the order of its steps, with the real ones for what it reads."""

from __future__ import annotations

import csv
import time
from itertools import count, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from core.detection import Detector
from core.engines import Reader
from core.frame import Frame
from core.geometry import as_quad, box_quad, wrapped_deg
from core.image import ImageLimits, decode
from core.package import NO_PACKAGE, PACKAGE_CUT, TWO_PACKAGES, Located
from core.ppocr import MOST_AREA_PX, PRINT_CUT, Look, PpOcrReader
from core.reading import MarkReading
from core.recognition import Recogniser
from core.scoring import Tally, score
from tests.core.fake_models import FakeModel, bright, saying
from tests.core.pictures import BOARD, WHITE, body, ground, overlap, with_package
from workers.readers.ppocr import build

LIMITS = ImageLimits(max_bytes=2**26, max_pixels=10**8, min_side_px=8)
TEXT = ("SN74LS00N", "19E9XBL")


@pytest.fixture(scope="module")
def reader() -> Reader:
    return build()


def read(reader: Reader, picture: np.ndarray) -> MarkReading:
    return reader.read(Frame(picture), time.perf_counter)


def compact(mark: MarkReading) -> list[str]:
    return [text.replace(" ", "") for text in mark.texts]


def test_it_satisfies_the_reader_protocol_and_names_its_weights(reader: Reader) -> None:
    assert reader.name == "ppocr"
    assert reader.version.startswith("ppocr:det-090f04abcd9d:rec-6f327246b503:")


@pytest.mark.parametrize("degrees", [0, 10, 45, 90, 150, 180, 270, -30])
@pytest.mark.parametrize("colour", [pytest.param(WHITE, id="backlight"), pytest.param(BOARD, id="board")])
def test_a_drawn_part_is_read_at_any_angle(reader: Reader, degrees: float, colour: tuple[int, int, int]) -> None:
    quad = body((320, 240), (380, 150), degrees)
    mark = read(reader, with_package(ground(colour=colour), quad, TEXT))

    assert compact(mark) == list(TEXT)
    assert wrapped_deg(mark.rotation_ccw_deg - degrees) == pytest.approx(0, abs=4)
    assert mark.outline is not None
    assert overlap(mark.outline, quad) > 0.85
    assert mark.faults == ()


def test_lines_and_characters_lie_on_their_print(reader: Reader) -> None:
    quad = body((320, 240), (380, 150), 30)
    mark = read(reader, with_package(ground(), quad, TEXT))
    for line in mark.lines:
        assert overlap(line.quad, quad) > 0.05
        assert cv2.pointPolygonTest(quad, tuple(map(float, line.quad.mean(axis=0))), measureDist=False) > 0
        starts = [character.quad.mean(axis=0) for character in line.characters]
        along = line.quad[1] - line.quad[0]
        assert all(np.dot(after - before, along) > 0 for before, after in pairwise(starts))
    first, second = (line.quad.mean(axis=0) for line in mark.lines)
    down = mark.lines[0].quad[3] - mark.lines[0].quad[0]
    assert np.dot(second - first, down) > 0


def test_the_same_picture_gives_the_same_reading(reader: Reader) -> None:
    picture = with_package(ground(), body((320, 240), (380, 150), 20), TEXT)
    one, again = read(reader, picture), read(reader, picture)
    assert one.texts == again.texts
    for line, other in zip(one.lines, again.lines, strict=True):
        assert line.emissions is not None
        assert other.emissions is not None
        assert np.array_equal(line.emissions.log_probabilities, other.emissions.log_probabilities)
        assert np.array_equal(line.quad, other.quad)


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.full((240, 320, 3), 255, np.uint8), id="white"),
        pytest.param(np.zeros((240, 320, 3), np.uint8), id="black"),
        pytest.param(ground(320, 240), id="an-empty-backlight"),
        pytest.param(np.full((16, 16, 3), 100, np.uint8), id="sixteen-pixels"),
        pytest.param(np.full((16, 4000, 3), 100, np.uint8), id="a-ribbon"),
    ],
)
def test_a_picture_without_a_part_gives_no_lines_and_says_so(reader: Reader, picture: np.ndarray) -> None:
    mark = read(reader, picture)
    assert mark.texts == ()
    assert mark.outline is None
    assert mark.faults == (NO_PACKAGE,)


def test_a_part_without_a_mark_has_an_outline_and_no_lines(reader: Reader) -> None:
    quad = body((320, 240), (380, 150))
    mark = read(reader, with_package(ground(), quad))
    assert mark.texts == ()
    assert mark.outline is not None
    assert overlap(mark.outline, quad) > 0.85


def test_a_crop_of_the_surface_is_read_whole(reader: Reader) -> None:
    picture = with_package(ground(), body((320, 240), (380, 150)), TEXT)[172:308, 140:500]
    mark = read(reader, picture)
    assert compact(mark) == list(TEXT)
    assert mark.outline is None  # none was found
    assert mark.faults == ()


def word(text: str, font: int, scale: float, *, degrees: float = 0.0, ink: int = 0, paper: int = 255) -> np.ndarray:
    """A word on plain ground, with some ground around it."""
    thick = max(2, round(2.2 * scale))
    (wide, tall), _ = cv2.getTextSize(text, font, scale, thick)
    side = round(1.15 * wide) if degrees else round(2.4 * tall)
    picture = np.full((side, round(1.15 * wide), 3), paper, np.uint8)
    at = round(0.07 * wide), (side + tall) // 2
    cv2.putText(picture, text, at, font, scale, (ink, ink, ink), thick, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((picture.shape[1] / 2, side / 2), degrees, 0.9 if degrees else 1.0)
    return cv2.warpAffine(picture, turn, picture.shape[1::-1], borderValue=(paper, paper, paper))


@pytest.mark.parametrize("font", [cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX], ids=["simplex", "duplex"])
@pytest.mark.parametrize("scale", [1.0, 2.4, 4.0], ids=lambda scale: f"{scale}-times")
@pytest.mark.parametrize("degrees", [0, 30, 90])
@pytest.mark.parametrize("paper", [255, 190], ids=["white", "grey"])
def test_bold_dark_print_on_light_ground_loses_no_character(
    reader: Reader, font: int, scale: float, degrees: float, paper: int
) -> None:
    mark = read(reader, word("MAX232CPE", font, scale, degrees=degrees, ink=15, paper=paper))
    assert compact(mark) == ["MAX232CPE"]


def test_dark_print_on_a_light_package_is_read_in_its_outline(reader: Reader) -> None:
    picture = ground(colour=(70, 60, 50))
    label = cv2.resize(word("MAX232CPE", cv2.FONT_HERSHEY_SIMPLEX, 2.0, ink=25, paper=225), (360, 140))
    picture[170:310, 140:500] = label
    mark = read(reader, picture)
    assert compact(mark) == ["MAX232CPE"]
    assert mark.outline is not None
    assert overlap(mark.outline, box_quad(140, 170, 500, 310)) > 0.85


def test_print_cut_by_the_border_of_the_picture_is_said(reader: Reader) -> None:
    picture = word("MAX232CPE", cv2.FONT_HERSHEY_SIMPLEX, 2.4)
    cut = np.ascontiguousarray(picture[:, picture.shape[1] // 3 :])
    mark = read(reader, cut)
    assert compact(mark)[0].endswith("2CPE")
    assert mark.faults == (PRINT_CUT,)


def test_print_beyond_a_wrong_outline_is_read_with_more_around_it(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = word("MAX232CPE", cv2.FONT_HERSHEY_SIMPLEX, 2.4)
    height, width = picture.shape[:2]
    wrong = Located(box_quad(0.25 * width, 0.2 * height, 0.8 * width, 0.8 * height), sure=True)
    monkeypatch.setattr("core.ppocr.locate", lambda pixels: wrong)
    mark = read(reader, picture)
    assert compact(mark) == ["MAX232CPE"]
    assert mark.faults == ()


def test_a_scrap_of_text_does_not_prove_a_part(reader: Reader) -> None:
    picture = np.clip(ground(320, 240, (70, 70, 70)) + np.random.default_rng(1).normal(0, 6, (240, 320, 3)), 0, 255)
    picture = picture.astype(np.uint8)
    cv2.putText(picture, "A7", (120, 140), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (230, 230, 230), 3)
    mark = read(reader, picture)
    assert mark.outline is None
    assert mark.faults == (NO_PACKAGE,)


def test_two_parts_are_said(reader: Reader) -> None:
    picture = with_package(ground(), body((170, 150), (270, 110)), TEXT)
    assert TWO_PACKAGES in read(reader, with_package(picture, body((450, 360), (270, 110)), TEXT)).faults


def test_half_a_part_is_said(reader: Reader) -> None:
    assert PACKAGE_CUT in read(reader, with_package(ground(), body((0, 240), (380, 160)), TEXT)).faults


def test_print_beside_the_part_is_not_read(reader: Reader) -> None:
    picture = with_package(ground(colour=BOARD), body((320, 260), (380, 150)), TEXT)
    cv2.putText(picture, "U17", (60, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (255, 255, 255), 3)
    assert compact(read(reader, picture)) == list(TEXT)


def test_every_step_is_timed_by_the_clock_that_is_handed_in(reader: Reader) -> None:
    ticks = count()
    mark = reader.read(Frame(with_package(ground(), body((320, 240), (380, 150)), TEXT)), lambda: float(next(ticks)))
    steps = dict(mark.seconds)
    assert {"locate", "rectify", "detect", "read"} <= set(steps)
    assert all(seconds >= 1.0 for seconds in steps.values())


def made_up(texts: dict[int, str], plan: tuple[Look, ...]) -> tuple[PpOcrReader, FakeModel]:
    detector = FakeModel(bright)
    reader = PpOcrReader(Detector(detector), Recogniser(FakeModel(saying(texts))), plan)  # type: ignore[arg-type]
    return reader, detector


def barred() -> np.ndarray:
    """A part with two bright bars where lines would be."""
    picture = with_package(ground(), body((320, 240), (400, 160)))
    picture[200:225, 180:460] = picture[255:280, 180:460] = 250
    return picture


def test_a_sure_reading_ends_the_search() -> None:
    everything = dict.fromkeys(range(256), "SN74LS00N")
    reader, detector = made_up(everything, (Look("plain", 100_000.0),) * 4)
    read(reader, barred())
    assert len(detector.shapes) == 1


def test_a_reading_of_nothing_tries_every_look_and_both_axes_and_then_the_whole_picture() -> None:
    reader, detector = made_up({}, (Look("plain", 100_000.0),) * 3)
    assert read(reader, barred()).texts == ()
    assert len(detector.shapes) == 6 + 2


def test_a_look_names_a_method_that_there_is() -> None:
    with pytest.raises(ValueError, match="expected one of plain, clahe, flat"):
        Look("sharpen", 1000.0)


def test_a_look_at_a_larger_region_sees_the_print_as_large_until_the_view_is_too_big() -> None:
    assert Look("clahe", 100_000.0).at_scale(2.5) == Look("clahe", 250_000.0)
    assert Look("clahe", 600_000.0).at_scale(50).area_px == MOST_AREA_PX


def labelled(realchips: Path, *, step: int) -> list[dict[str, str]]:
    with (realchips / "labels.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))[::step]


# What the reader reached on these photos when it was written, less what one photo more or less may change.
FLOORS = {"all": 0.60, "dip": 0.68, "board": 0.45, "aoi": 0.38}


@pytest.mark.realchips
def test_accuracy_on_real_photos_does_not_fall(reader: Reader, realchips: Path) -> None:
    tallies: dict[str, Tally] = {}
    turned = 0
    for row in labelled(realchips, step=11):
        mark = read(reader, decode((realchips / row["file"]).read_bytes(), LIMITS).pixels)
        tally = score(row["lines"].split("|"), mark.texts)
        for key in ("all", row["source"]):
            tallies[key] = tallies.get(key, Tally()) + tally
        off = wrapped_deg(mark.rotation_ccw_deg - float(row["rotation_ccw_deg"]))
        turned += bool(mark.lines) and abs(off) > 25
    reached = {key: tallies[key].line_exact for key in FLOORS}
    assert all(reached[key] >= floor for key, floor in FLOORS.items()), reached
    assert tallies["all"].extra_per_photo < 0.4
    assert turned <= 1


@pytest.mark.realchips
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_real_part_reads_the_same_any_way_up(reader: Reader, realchips: Path, degrees: int) -> None:
    upright = decode((realchips / "images/dip/74LS06_042.jpg").read_bytes(), LIMITS).pixels
    mark = read(reader, np.ascontiguousarray(np.rot90(upright, -degrees // 90)))
    assert "SN74LS06N" in compact(mark)
    assert wrapped_deg(mark.rotation_ccw_deg - degrees) == pytest.approx(0, abs=6)


@pytest.mark.realchips
def test_half_of_a_real_part_and_two_real_parts_are_said(reader: Reader, realchips: Path) -> None:
    whole = decode((realchips / "images/dipframe/74LS06_042_full.jpg").read_bytes(), LIMITS).pixels
    outline = read(reader, whole).outline
    assert outline is not None
    middle = round(float(outline[:, 0].mean()))
    assert PACKAGE_CUT in read(reader, np.ascontiguousarray(whole[:, :middle])).faults
    assert TWO_PACKAGES in read(reader, np.vstack([whole[200:800], whole[200:800]])).faults
    box = as_quad(box_quad(*outline.min(axis=0), *outline.max(axis=0)))
    empty = whole.copy()
    left, top, right, bottom = np.rint([*(box.min(axis=0) - 60), *(box.max(axis=0) + 60)]).astype(int)
    empty[max(0, top) : bottom, max(0, left) : right] = 255
    assert read(reader, empty).texts == ()
