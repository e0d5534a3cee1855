"""One inspection, step by step: read the mark, verify what it should say, decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
from core.shots import Look, Shot, best, look, rivals
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
    needs to be repeated. `reasons` are those that decided, and notes, gravest first; `seen` are all facts in words.
    Of several pictures `picture` is the one that was judged, by its position; `looks` tell what was read in each.
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
    seen: tuple[Told, ...] = ()
    picture: int = 0
    looks: tuple[Look, ...] = ()
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
    """Inspect one picture, as `inspect_shots` does."""
    return inspect_shots([Shot(frame)], recipe, engines, captured_at=captured_at, known=known, reader=reader)


def inspect_shots(
    shots: Iterable[Shot],
    recipe: Recipe | None,
    engines: Engines,
    *,
    captured_at: datetime,
    known: tuple[Told, ...] = (),
    reader: str = DEFAULT_READER,
) -> Inspection:
    """Inspect one unit by one or more pictures (`core.shots`); without a recipe they are read and not judged.

    `captured_at` (timezone-aware) is what date codes are held against. `known` are facts known beside the picture, such
    as a lot on hold. A reader that is missing or fails is a reason not to judge; a programming error stays an error.

    Raises:
        ImageRefused: a unit's region lies outside its picture.
    """
    try:
        engine = engines.reader(recipe.reader if recipe else reader)
        looks = tuple(look(shot, engine, engines.clock) for shot in shots)
    except KeyError as error:
        return not_judged(Reason.ENGINE_FAILED, detail=str(error.args[0]))
    except (ReaderUnavailable, ReaderFailed) as error:
        return not_judged(Reason.ENGINE_FAILED, detail=str(error).rstrip("."))
    version = f"{engine.name}:{engine.version};{VERSION}"
    chosen = best(looks)
    if recipe is None:
        return replace(_read_only(chosen.reading, version, known), picture=chosen.position, looks=looks)
    start = engines.clock()
    known = (*known, *rivals(looks, chosen, recipe, captured_at))
    inspection = judge(chosen.reading, recipe, captured_at=captured_at, known=known, signal_version=version)
    inspection = replace(inspection, picture=chosen.position, looks=looks)
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
    undecided = Inspection(
        verdict="",
        reasons=(),
        scores={name: value.score for name, value in measured.items()},
        margins={name: value.margin for name, value in measured.items()},
        legible=measured["ocr"].legible,
        variant=verification.variant.name if verification else None,
        fields=verification.fields if verification else (),
        reading=reading,
        signal_version=signal_version,
        seconds=reading.seconds,
    )
    return decided(undecided, facts, recipe)


def decided(inspection: Inspection, more: tuple[Told, ...], recipe: Recipe) -> Inspection:
    """Return an inspection with `more` facts, and the verdict that follows from its scores and all of them."""
    facts = (*more, *inspection.seen)
    measured = {
        name: Measured(score, inspection.margins[name], inspection.legible if name == "ocr" else MISSING)
        for name, score in inspection.scores.items()
    }
    rules = Rules.of(recipe)
    by_rules = decide(one_row(measured, bits_of(facts)), rules)
    return replace(
        inspection,
        verdict=Verdict(by_rules.verdict[0]).word,
        reasons=tell_verdict(int(by_rules.reasons[0]), facts, measured, rules),
        facts=int(bits_of(facts)),
        seen=facts,
        score=int(by_rules.score[0]),
        confidence=int(by_rules.confidence[0]),
    )


def not_judged(reason: Reason, *, known: tuple[Told, ...] = (), **values: object) -> Inspection:
    """Return the inspection of a part about which nothing could be found out (time-out, unusable picture, ...).

    What is `known` beside the picture may fail it all the same.
    """
    return _by_facts((*known, tell(reason, **values)), NO_READING)


def _read_only(reading: MarkReading, version: str, known: tuple[Told, ...]) -> Inspection:
    facts = (*known, tell(Reason.NO_RECIPE), *facts_of_reading(reading))
    return replace(_by_facts(facts, reading), signal_version=version)


def _by_facts(facts: tuple[Told, ...], reading: MarkReading) -> Inspection:
    """Return the inspection of a part that has no scores."""
    bits = int(bits_of(facts))
    return Inspection(
        verdict=Verdict(first_match(np.array([bits], np.int32))[0]).word,
        reasons=tell_verdict(bits, facts, {}, None),
        facts=bits,
        seen=facts,
        reading=reading,
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
