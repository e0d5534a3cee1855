"""One inspection, step by step: read the mark, verify what it should say, decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from core.decision import decide, first_match
from core.engines import Engines
from core.errors import ReaderFailed, ReaderUnavailable
from core.fields import Field
from core.findings import bits_of, facts_of_fields, facts_of_reading, tell_verdict
from core.frame import Frame
from core.reading import MarkReading
from core.reasons import Reason, Told, tell
from core.recipe import Recipe
from core.rules import Rules
from core.signals import MISSING, NOT_MEASURED, Measured, one_row, quantise_one
from core.verdicts import Verdict
from core.verification import VERSION, Verification, verify

NO_READING = MarkReading(lines=(), outline=None, rotation_ccw_deg=0.0)
DEFAULT_READER = "ppocr"

Seconds = tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class Inspection:
    """What was seen and what was decided; everything but `seconds` follows from picture, recipe and engines alone.

    `scores` and `margins` by signal, `legible`, `score` and `confidence` are whole ten-thousandths, -1 missing.
    `facts` are the bits of `Reason` seen at capture: with scores, margins and `legible` they are all that `decide`
    needs to be repeated. `reasons` are those that decided, and notes, gravest first.
    """

    verdict: str
    reasons: tuple[Told, ...]
    facts: int = 0
    scores: Mapping[str, int] = field(default_factory=dict)
    margins: Mapping[str, int] = field(default_factory=dict)
    legible: int = MISSING
    score: int = 0
    confidence: int = 0
    variant: str | None = None
    fields: tuple[Field, ...] = ()
    reading: MarkReading = NO_READING
    signal_version: str = ""
    seconds: Seconds = ()


def inspect(
    frame: Frame,
    recipe: Recipe | None,
    engines: Engines,
    *,
    captured_at: datetime,
    known: tuple[Told, ...] = (),
    reader: str = DEFAULT_READER,
) -> Inspection:
    """Inspect one picture; without a recipe it is read by `reader` and not judged.

    `captured_at` (timezone-aware) is what date codes are held against. `known` are facts known beside the picture, such
    as a lot on hold. A reader that is missing or fails is a reason not to judge; a programming error stays an error.
    """
    try:
        engine = engines.reader(recipe.reader if recipe else reader)
        reading = engine.read(frame, engines.clock)
    except KeyError as error:
        return not_judged(Reason.ENGINE_FAILED, detail=str(error.args[0]))
    except (ReaderUnavailable, ReaderFailed) as error:
        return not_judged(Reason.ENGINE_FAILED, detail=str(error).rstrip("."))
    version = f"{engine.name}:{engine.version};{VERSION}"
    if recipe is None:
        return _read_only(reading, version)
    start = engines.clock()
    inspection = judge(reading, recipe, captured_at=captured_at, known=known, signal_version=version)
    return _timed(inspection, ("verify", engines.clock() - start))


def judge(
    reading: MarkReading,
    recipe: Recipe,
    *,
    captured_at: datetime,
    known: tuple[Told, ...] = (),
    signal_version: str = "",
) -> Inspection:
    """Judge a reading by a recipe: verify its lines, gather the facts, decide."""
    verification = verify(reading, recipe) if any(line.text.strip() for line in reading.lines) else None
    facts = (*known, *facts_of_reading(reading))
    if verification is not None:
        facts += facts_of_fields(verification, reading, recipe, captured_at)
    measured = {name: NOT_MEASURED for name, _ in recipe.signals} | {"ocr": _measured(verification)}
    rules = Rules.of(recipe)
    decided = decide(one_row(measured, bits_of(facts)), rules)
    return Inspection(
        verdict=Verdict(decided.verdict[0]).word,
        reasons=tell_verdict(int(decided.reasons[0]), facts, measured, rules),
        facts=int(bits_of(facts)),
        scores={name: value.score for name, value in measured.items()},
        margins={name: value.margin for name, value in measured.items()},
        legible=measured["ocr"].legible,
        score=int(decided.score[0]),
        confidence=int(decided.confidence[0]),
        variant=verification.variant.name if verification else None,
        fields=verification.fields if verification else (),
        reading=reading,
        signal_version=signal_version,
        seconds=reading.seconds,
    )


def not_judged(reason: Reason, **values: object) -> Inspection:
    """Return the inspection of a part about which nothing could be found out (time-out, unusable picture, ...)."""
    return Inspection(verdict=Verdict.NOT_JUDGED.word, reasons=(tell(reason, **values),), facts=int(reason))


def _read_only(reading: MarkReading, version: str) -> Inspection:
    facts = (tell(Reason.NO_RECIPE), *facts_of_reading(reading))
    bits = int(bits_of(facts))
    return Inspection(
        verdict=Verdict(first_match(np.array([bits], np.int32))[0]).word,
        reasons=tell_verdict(bits, facts, {}, None),
        facts=bits,
        reading=reading,
        signal_version=version,
        seconds=reading.seconds,
    )


def _measured(verification: Verification | None) -> Measured:
    if verification is None:
        return NOT_MEASURED
    return Measured(
        quantise_one(verification.score), quantise_one(verification.margin), quantise_one(verification.legible)
    )


def _timed(inspection: Inspection, step: tuple[str, float]) -> Inspection:
    return replace(inspection, seconds=(*inspection.seconds, step))
