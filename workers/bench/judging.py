"""How marks are judged: right recipes and wrong ones on the same real photos, and how long verifying and deciding take.

A photo's recipe is made from its label. Wrong recipes differ from it by one character: one that readers confuse with
the right one, or another digit. Each is judged from the same reading, so that the figures are about judging.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np

from core.confusables import ALIKE, MEASURED
from core.decision import decide
from core.errors import RecipeInvalid
from core.image import decode
from core.inspection import judge
from core.patterns import FINISH
from core.reading import MarkReading
from core.recipe import ExpectedLine, Recipe, Variant
from core.rules import Rules
from core.signals import MISSING, ONE, SignalColumns, Signals
from core.verdicts import Verdict
from workers.bench.reading import ALL, LIMITS, Photo, photos_in
from workers.bench.report import Advance, Cell, Options, Report
from workers.readers import catalogue

COLUMNS = (
    ("photos of", ""),
    ("recipe", ""),
    ("judged", "d"),
    *((f"{verdict.word.replace('_', ' ')}", ".2%") for verdict in Verdict),
    ("passed at most", ".2%"),
)
KINDS = ("right", "one confusable off", "one digit off")
ROWS = 1_000_000
CAPTURED = datetime(2026, 1, 1, tzinfo=UTC)
"""Labels hold no patterns, so the day of the picture changes no verdict."""

UPPER = 3.0
"""With none of n passed, at most 3 / n pass, at 95 % (the rule of three)."""


def run(options: Options, advance: Advance) -> Report:
    """Judge every photo by its own recipe and by every wrong one near it."""
    photos = [photo for photo in photos_in(options.photos, options.limit) if "?" not in "".join(photo.lines)]
    reader = catalogue.build(options.readers[0] if options.readers else catalogue.DEFAULT)
    verdicts: dict[tuple[str, str], Counter[str]] = {}
    seconds: list[float] = []
    for done, photo in enumerate(photos):
        advance(done, len(photos), photo.source)
        if photo.defective:
            continue
        reading = reader.read(decode(photo.path.read_bytes(), LIMITS), time.perf_counter)
        for kind, recipe in recipes_of(photo):
            verdict = _timed(reading, recipe, seconds)
            for source in (ALL, photo.source):
                verdicts.setdefault((source, kind), Counter())[verdict] += 1
    advance(len(photos), len(photos), "deciding")
    rows = sorted((_row(*key, counts) for key, counts in verdicts.items()), key=_order)
    metrics = _metrics(verdicts, seconds)
    remarks = (
        f"Verifying and deciding one mark: {metrics['verify_ms_median']:.1f} ms (median).",
        f"Deciding {ROWS:,} stored parts at once: {metrics['decide_ms_1m']:.0f} ms.",
    )
    return Report("judging", "Judging", COLUMNS, tuple(rows), remarks, metrics)


def _metrics(verdicts: dict[tuple[str, str], Counter[str]], seconds: list[float]) -> dict[str, float]:
    right = verdicts.get((ALL, KINDS[0]), Counter())
    wrong = sum((verdicts.get((ALL, kind), Counter()) for kind in KINDS[1:]), Counter())
    return {
        "right_judged": right.total(),
        "right_passed": right[Verdict.PASS.word],
        "right_failed": right[Verdict.FAIL.word],
        "one_off_judged": wrong.total(),
        "one_off_passed": wrong[Verdict.PASS.word],
        "verify_ms_median": 1000 * statistics.median(seconds) if seconds else 0.0,
        "decide_ms_1m": 1000 * decide_s(ROWS),
    }


def recipes_of(photo: Photo) -> Iterator[tuple[str, Recipe]]:
    """Yield the right recipe of a photo, and every one that differs from it by one character."""
    bare = tuple(text for line in photo.lines if (text := FINISH.sub("", line).strip()))
    yield from _recipe("right", bare)
    for row, text in enumerate(bare):
        for place, character in enumerate(text):
            for kind, other in _others(character.upper()):
                changed = text[:place] + other + text[place + 1 :]
                yield from _recipe(kind, (*bare[:row], changed, *bare[row + 1 :]))


def _others(character: str) -> Iterator[tuple[str, str]]:
    for pair in (*MEASURED, *ALIKE):
        if character in pair:
            yield KINDS[1], pair.replace(character, "")
    if character in "0123456789":
        yield from ((KINDS[2], digit) for digit in "0123456789" if digit != character)


def _recipe(kind: str, lines: tuple[str, ...]) -> Iterator[tuple[str, Recipe]]:
    """Yield the recipe of these lines; a label that no recipe can hold gives none."""
    try:
        yield kind, Recipe(name=kind, variants=(Variant("label", tuple(ExpectedLine(line) for line in lines)),))
    except RecipeInvalid:
        return


def _timed(reading: MarkReading, recipe: Recipe, seconds: list[float]) -> str:
    start = time.perf_counter()
    verdict = judge(reading, recipe, captured_at=CAPTURED).verdict
    seconds.append(time.perf_counter() - start)
    return verdict


def _row(source: str, kind: str, counts: Counter[str]) -> tuple[Cell, ...]:
    total = counts.total()
    shares = (counts[verdict.word] / total for verdict in Verdict)
    passed = counts[Verdict.PASS.word]
    bound: Cell = UPPER / total if kind != KINDS[0] and not passed else None
    return (source, kind, total, *shares, bound)


def _order(row: tuple[Cell, ...]) -> tuple[bool, str, int]:
    return row[0] != ALL, str(row[0]), KINDS.index(str(row[1]))


def decide_s(count: int) -> float:
    """Return the seconds that deciding `count` made-up parts takes, the best of three."""
    random = np.random.default_rng(0)
    columns = SignalColumns(*(random.integers(MISSING, ONE + 1, count).astype(np.int16) for _ in range(3)))
    signals = Signals({"ocr": columns}, np.zeros(count, np.int32))
    rules = Rules.of(Recipe(name="made up", variants=(Variant("v", (ExpectedLine("A"),)),)))
    times = []
    for _ in range(3):
        start = time.perf_counter()
        decide(signals, rules)
        times.append(time.perf_counter() - start)
    return min(times)
