"""A first recipe from what was read of one part: a proposal for an engineer to look over, never published by itself.

1. Every line that was read well enough is expected, as it was read.
2. The part number is the line of the most letters and digits that mixes both and holds no date or lot code; of equals,
   the topmost.
3. Four digits that can be the year and week of a part made by the day of the picture become `{YYWW}`, the first such
   only. Part numbers of logic (7400 to 7499) look like weeks of 1974 and are therefore taken as they are: no year
   before `FIRST_YEAR` is proposed.
4. The code of the part's lot becomes `{lot:X5}`, so that the next lot's can be verified in its place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.patterns import MAX_COUNT, normalise

MIN_CONFIDENCE = 0.30
MAX_LINES = 12
MAX_LENGTH = 40
"""Longer than any marking line; a recipe takes no longer ones."""
FIRST_YEAR = 1980
WEEKS = range(1, 54)
DATE = "{YYWW}"
LEAST_LOT = 3
"""A lot code any shorter may stand in a line by chance."""
LOT_CODE = re.compile(rf"[A-Z0-9]{{1,{MAX_COUNT}}}")
_FOUR_DIGITS = re.compile(r"(?<![0-9])([0-9]{2})([0-9]{2})(?![0-9])")

Document = dict[str, Any]


def propose(evidence: Document, *, captured_at: datetime, name: str | None = None, lot: str | None = None) -> Document:
    """Return a recipe document proposed from an inspection's evidence (`core.evidence`); `lot` is its lot's code.

    Raises:
        ValueError: nothing was read well enough to be expected.
    """
    texts = _texts(evidence)
    if not texts:
        raise ValueError("nothing was read well enough on this part to make a recipe of it")
    unlotted = [text for text in texts if _with_lot(text, lot or "") == text]
    part_number = _part_number(unlotted or texts, captured_at)
    lines = [
        line if text == part_number else _with_lot(line, lot or "")
        for text, line in zip(texts, _lines(texts, part_number, captured_at), strict=True)
    ]
    return {
        "schema": 1,
        "name": name or part_number or texts[0],
        "part_number": part_number or "",
        "manufacturer": "",
        "variants": [{"name": "standard", "lines": [{"text": line, "required": True} for line in lines]}],
    }


def _texts(evidence: Document) -> list[str]:
    lines = [line for line in evidence.get("lines", ()) if line["confidence"] >= MIN_CONFIDENCE]
    texts = ("".join(filter(str.isprintable, line["text"])).strip() for line in lines)
    return [text for text in texts if sum(map(str.isalnum, text)) > 1 and len(text) <= MAX_LENGTH][:MAX_LINES]


def _part_number(texts: Sequence[str], captured_at: datetime) -> str | None:
    mixed = [text for text in texts if any(map(str.isalpha, text)) and any(map(str.isdigit, text))]
    undated = [text for text in mixed if _date_span(text, captured_at) is None] or mixed
    return max(undated, key=lambda text: sum(map(str.isalnum, text)), default=None)


def _lines(texts: Sequence[str], part_number: str | None, captured_at: datetime) -> list[str]:
    lines, dated = [], False
    for text in texts:
        span = None if dated or text == part_number else _date_span(text, captured_at)
        dated = dated or span is not None
        lines.append(_with_date(text, span))
    return lines


def _with_date(text: str, span: tuple[int, int] | None) -> str:
    if span is None:
        return _literal(text)
    return _literal(text[: span[0]]) + DATE + _literal(text[span[1] :])


def _with_lot(line: str, lot: str) -> str:
    """Return a line's pattern with a place for the lot's code, wherever that stands in its literal text."""
    code = normalise(lot)
    if len(code) < LEAST_LOT or not LOT_CODE.fullmatch(code):
        return line
    known = re.compile(code, re.IGNORECASE | re.ASCII)
    return DATE.join(known.sub(f"{{lot:X{len(code)}}}", literal) for literal in line.split(DATE))


def _literal(text: str) -> str:
    """Return text as a pattern that means just that text; a closing brace has no such form and takes no place."""
    return text.replace("}", "").replace("{", "{{")


def _date_span(text: str, captured_at: datetime) -> tuple[int, int] | None:
    """Return where a plausible date code stands in a line."""
    for match in _FOUR_DIGITS.finditer(text):
        if _plausible(int(match[1]), int(match[2]), captured_at):
            return match.span()
    return None


def _plausible(two_digits: int, week: int, captured_at: datetime) -> bool:
    now = captured_at.isocalendar()
    year = now.year - (now.year - two_digits) % 100  # the latest year, up to now, that ends so
    return week in WEEKS and year >= FIRST_YEAR and (year, week) <= (now.year, now.week)
