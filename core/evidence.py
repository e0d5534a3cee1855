"""An inspection as a JSON document: what is stored, answered by the API and drawn on pages.

Numbers are rounded here and nowhere else: pixels to hundredths, probabilities and log-probabilities to ten-thousandths.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from core.fields import Field
from core.inspection import Inspection
from core.reading import CharacterReading, LineReading, Quad
from core.shots import Look
from core.signals import ONE, quantise_one

SCHEMA = 1
OUTSIDE_DIGEST = "seconds"


def to_document(inspection: Inspection) -> dict[str, object]:
    """Return the evidence of an inspection; plain JSON values alone.

    Outline, lines and fields are those of one of its pictures, `picture`; `pictures` say how well each was read.
    """
    reading = inspection.reading
    return {
        "schema": SCHEMA,
        "verdict": inspection.verdict,
        "reasons": [{"code": told.code, "words": told.words} for told in inspection.reasons],
        "facts": inspection.facts,
        "score": inspection.score,
        "confidence": inspection.confidence / ONE,
        "signals": {
            name: {"score": score, "margin": inspection.margins[name]} for name, score in inspection.scores.items()
        },
        "legible": inspection.legible,
        "variant": inspection.variant,
        "outline": None if reading.outline is None else _quad(reading.outline),
        "rotation_ccw_deg": round(float(reading.rotation_ccw_deg), 2) + 0.0,
        "picture": inspection.picture,
        "pictures": [_look(look) for look in inspection.looks],
        "lines": [_line(line) for line in reading.lines],
        "fields": [_field(field) for field in inspection.fields],
        "seconds": {name: round(float(seconds), 6) for name, seconds in inspection.seconds},
        "signal_version": inspection.signal_version,
    }


def digest(document: Mapping[str, object]) -> str:
    """Return the sha256 (hex) of a document's canonical JSON."""
    return digest_of(canonical(document))


def canonical(document: Mapping[str, object]) -> str:
    """Return a document as canonical JSON, its timings left out: what is kept, and what the digest is of."""
    kept = {key: value for key, value in document.items() if key != OUTSIDE_DIGEST}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_of(canonical_json: str) -> str:
    """Return the sha256 (hex) of canonical JSON."""
    return hashlib.sha256(canonical_json.encode()).hexdigest()


def _look(look: Look) -> dict[str, object]:
    return {
        "position": look.position,
        "lighting": look.lighting,
        "score": round(float(look.score), 2) + 0.0,
        "lines": list(look.reading.texts),
        "faults": list(look.reading.faults),
    }


def _line(line: LineReading) -> dict[str, object]:
    return {
        "text": line.text,
        "quad": _quad(line.quad),
        "confidence": _share(line.confidence),
        "characters": [_character(character) for character in line.characters],
    }


def _character(character: CharacterReading) -> dict[str, object]:
    return {
        "text": character.text,
        "confidence": _share(character.confidence),
        "runner_up": character.runner_up,
        "margin": _share(character.margin),
        "quad": _quad(character.quad),
        "top": [[candidate.text, _share(candidate.log_probability)] for candidate in character.candidates],
    }


def _field(field: Field) -> dict[str, object]:
    return {
        "expected": field.expected.text,
        "read": field.read,
        "line": field.lines[0] if field.lines else None,
        "lines": list(field.lines),
        "required": field.expected.required,
        "pattern": not field.expected.pattern.fixed,
        "score": quantise_one(field.score),
        "margin": quantise_one(field.margin),
        "legible": field.legible,
        "text": field.text,
        "rival": field.rival,
        "alignment": [
            {"expected": column.expected, "read": column.read, "ok": column.ok} for column in field.alignment
        ],
    }


def _quad(quad: Quad) -> list[list[float]]:
    return [[round(x, 2) + 0.0, round(y, 2) + 0.0] for x, y in quad.tolist()]


def _share(value: float) -> float:
    return round(float(value), 4) + 0.0  # no -0.0: a database keeps no such sign, and the digest would differ
