from __future__ import annotations

import csv
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.decision import decide
from core.engines import Engines
from core.errors import ReaderFailed, ReaderUnavailable
from core.evidence import digest, to_document
from core.image import ImageLimits, decode
from core.inspection import inspect, judge, not_judged
from core.patterns import FINISH
from core.reading import MarkReading
from core.reasons import Reason, tell
from core.recipe import Recipe
from core.rules import Rules
from core.signals import MISSING, Measured, one_row
from tests.core.marks import FRAME, FakeReader, engines, mark, recipe
from workers.readers.catalogue import build

NOW = datetime(2026, 7, 1, tzinfo=UTC)
READER = FakeReader(mark("1932XBL", "SN74LS00N"))
RECIPE = recipe("{YYWW}XBL", "SN74LS00N")


def test_a_right_part_passes_with_everything_said() -> None:
    inspection = inspect(FRAME, RECIPE, engines(READER), captured_at=NOW)
    assert inspection.verdict == "pass"
    assert inspection.variant == "standard"
    assert inspection.scores["ocr"] > 9000
    assert inspection.margins["ocr"] > 8000
    assert inspection.legible == inspection.scores["ocr"]
    assert inspection.facts == Reason.UNVERIFIED
    assert inspection.signal_version.startswith("ppocr:test;")
    assert [field.read for field in inspection.fields] == ["1932XBL", "SN74LS00N"]


def test_every_step_is_timed_by_the_clock_handed_in() -> None:
    inspection = inspect(FRAME, RECIPE, engines(READER), captured_at=NOW)
    assert inspection.seconds == (("locate", 0.01), ("read", 0.05), ("verify", 1.0))


def test_without_a_recipe_the_mark_is_read_and_not_judged() -> None:
    inspection = inspect(FRAME, None, engines(READER), captured_at=NOW)
    assert inspection.verdict == "not_judged"
    assert [one.code for one in inspection.reasons] == ["NO_RECIPE"]
    assert inspection.reading.texts == ("1932XBL", "SN74LS00N")
    assert inspection.scores == {}


def test_without_recipe_and_text_both_are_told() -> None:
    inspection = inspect(FRAME, None, engines(FakeReader(mark())), captured_at=NOW)
    assert [one.code for one in inspection.reasons] == ["NO_RECIPE", "NOTHING_READ"]


def test_nothing_read_leaves_the_signal_missing() -> None:
    inspection = inspect(FRAME, RECIPE, engines(FakeReader(mark())), captured_at=NOW)
    assert inspection.verdict == "not_judged"
    assert (inspection.scores["ocr"], inspection.margins["ocr"], inspection.legible) == (MISSING, MISSING, MISSING)
    assert inspection.variant is None


@pytest.mark.parametrize("error", [ReaderFailed("the model broke."), ReaderUnavailable("tesseract is not installed.")])
def test_a_reader_that_fails_is_a_reason_not_to_judge(error: Exception) -> None:
    inspection = inspect(FRAME, RECIPE, engines(FakeReader(mark(), breaks=error)), captured_at=NOW)
    assert inspection.verdict == "not_judged"
    assert inspection.reasons[0].words == f"The reader failed: {error}"


def test_a_reader_that_is_not_there_is_a_reason_not_to_judge() -> None:
    inspection = inspect(FRAME, recipe("A", reader="easyocr"), engines(READER), captured_at=NOW)
    assert inspection.verdict == "not_judged"
    assert "no reader named 'easyocr'; installed: ppocr" in inspection.reasons[0].words


def test_a_programming_error_stays_an_error() -> None:
    with pytest.raises(ZeroDivisionError):
        inspect(FRAME, RECIPE, engines(FakeReader(mark(), breaks=ZeroDivisionError())), captured_at=NOW)


@pytest.mark.parametrize("fact", [Reason.LOT_ON_HOLD, Reason.MIXED_LOT], ids=lambda fact: fact.name)
def test_facts_known_beside_the_picture_count(fact: Reason) -> None:
    inspection = inspect(FRAME, RECIPE, engines(READER), captured_at=NOW, known=(tell(fact),))
    assert inspection.verdict == "fail"
    assert inspection.facts & fact


def test_what_is_stored_is_all_that_deciding_again_needs() -> None:
    for lines in (("1932XBL", "SN74LS00N"), ("1932XBL", "SN74LS06N"), ("SN74LS00N",), (), ("2732XBL", "SN74LSO0N")):
        inspection = judge(mark(*lines), RECIPE, captured_at=NOW)
        stored = Measured(inspection.scores["ocr"], inspection.margins["ocr"], inspection.legible)
        again = decide(one_row({"ocr": stored}, inspection.facts), Rules.of(RECIPE))
        assert ("pass", "fail", "borderline", "not_judged")[again.verdict[0]] == inspection.verdict
        assert again.score[0] == inspection.score
        assert again.confidence[0] == inspection.confidence


@pytest.mark.parametrize(
    ("reason", "values", "words"),
    [
        pytest.param(Reason.TIME_OUT, {}, "The verdict was not ready in time.", id="time-out"),
        pytest.param(
            Reason.IMAGE_UNUSABLE, {"detail": "too dark"}, "The picture cannot be used: too dark.", id="image"
        ),
    ],
)
def test_a_part_about_which_nothing_is_known_is_not_judged(reason: Reason, values: dict[str, str], words: str) -> None:
    inspection = not_judged(reason, **values)
    assert inspection.verdict == "not_judged"
    assert inspection.reasons[0].words == words
    assert to_document(inspection)["lines"] == []


def test_the_same_picture_and_recipe_give_the_same_digest() -> None:
    first, second = (inspect(FRAME, RECIPE, engines(READER), captured_at=NOW) for _ in range(2))
    assert digest(to_document(first)) == digest(to_document(second))


Readings = list[tuple[list[str], MarkReading]]


@pytest.fixture(scope="module")
def readings(realchips: Path) -> Readings:
    """Every fourth labelled photo of a DIP package, read once: its labelled lines and the reading."""
    reader, limits = build(), ImageLimits(max_bytes=2**26, max_pixels=2**26, min_side_px=8)
    with (realchips / "labels.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["source"] == "dip"][::4]
    assert rows
    frames = [decode((realchips / row["file"]).read_bytes(), limits) for row in rows]
    return [
        (row["lines"].split("|"), reader.read(frame, time.perf_counter))
        for row, frame in zip(rows, frames, strict=True)
    ]


@pytest.mark.realchips
def test_right_recipes_mostly_pass_and_hardly_fail_on_real_photos(readings: Readings) -> None:
    verdicts = Counter(judge(read, recipe(*lines), captured_at=NOW).verdict for lines, read in readings)
    assert verdicts["fail"] <= 1
    assert verdicts["pass"] >= 0.6 * len(readings)


@pytest.mark.realchips
def test_recipes_with_one_digit_changed_never_pass_on_real_photos(readings: Readings) -> None:
    for lines, read in readings:
        for wrong in _one_digit_off(lines):
            assert judge(read, wrong, captured_at=NOW).verdict != "pass", (lines, wrong)


@pytest.mark.realchips
def test_recipes_of_other_parts_never_pass_on_real_photos(readings: Readings) -> None:
    recipes = {tuple(lines): recipe(*lines) for lines, _ in readings}
    for lines, read in readings:
        for others, other in recipes.items():
            assert others == tuple(lines) or judge(read, other, captured_at=NOW).verdict != "pass", (lines, others)


def _one_digit_off(lines: list[str]) -> list[Recipe]:
    """Recipes for other parts: each digit of each line, finish codes apart, changed to the next."""
    bare = [FINISH.sub("", line).strip() for line in lines]
    return [
        recipe(*bare[:row], text[:place] + str((int(digit) + 1) % 10) + text[place + 1 :], *bare[row + 1 :])
        for row, text in enumerate(bare)
        for place, digit in enumerate(text)
        if digit.isdigit()
    ]


def test_engines_name_what_is_installed() -> None:
    with pytest.raises(KeyError, match="installed: ppocr"):
        Engines({"ppocr": READER}, time.perf_counter).reader("x")
