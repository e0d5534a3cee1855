"""What an entry of the audit trail changed, column by column, as people read it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

View = Mapping[str, Any]
Names = Mapping[str, str]
"""What rows are called, by their ids as text."""

Kind = Literal["text", "code", "time", "nothing"]

ONE = 10_000
SCORES = ("score", "margin", "confidence", "ocr_legible")
WORDS = {
    "captured_at": "Taken",
    "id": "Id",
    "ocr_legible": "OCR, legible",
    "ocr_margin": "OCR margin",
    "ocr_score": "OCR score",
    "evidence_sha256": "Evidence (SHA-256)",
    "seconds_sha256": "Times (SHA-256)",
}
"""Columns whose names do not say it; all others are called as they are, without what marks them as ids."""


@dataclass(frozen=True)
class Value:
    """One side of a change: in words, a `time` as ISO 8601; `says` is what is kept where that differs."""

    text: str
    kind: Kind = "text"
    says: str = ""


@dataclass(frozen=True)
class Change:
    """One column, before and after; None where the row was not there."""

    name: str
    word: str
    before: Value | None
    after: Value | None

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def changes(entry: View, names: Names) -> tuple[Change, ...]:
    """Return the columns that differ; where the row came or went, those that hold anything."""
    before, after = entry["before"], entry["after"]
    told = (
        Change(name, column_word(name), _side(before, name, names), _side(after, name, names))
        for name in entry["changed"]
    )
    whole = before is None or after is None
    return tuple(each for each in told if not (whole and _is_empty(each.before) and _is_empty(each.after)))


def column_word(name: str) -> str:
    """Return what a column is called."""
    words = " ".join(name.removesuffix("_id").removesuffix("_at").split("_"))
    return WORDS.get(name, words[:1].upper() + words[1:])


def _side(row: View | None, name: str, names: Names) -> Value | None:
    return None if row is None else _value(name, row.get(name), names)


def _is_empty(value: Value | None) -> bool:
    return value is None or value.kind == "nothing"


def _value(name: str, value: Any, names: Names) -> Value:
    make = next((make for fits, make in _KINDS if fits(name, value)), None)
    return Value(str(value)) if make is None else make(value, names)


def _is_id(name: str, value: Any) -> bool:
    return name == "id" or name.endswith(("_id", "_sha256", "digest"))


def _score(value: int, names: Names) -> Value:
    return Value("missing", "nothing", "-1") if value == -1 else Value(f"{value / ONE:.4f}", says=str(value))


def _id(value: Any, names: Names) -> Value:
    id_ = str(value)
    return Value(names[id_], says=id_) if id_ in names else Value(id_.removeprefix("\\x"), "code")


def _written(value: dict[str, Any] | list[Any], names: Names) -> Value:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return Value(", ".join(value))
    return Value(json.dumps(value, ensure_ascii=False), "code")


_KINDS: tuple[tuple[Callable[[str, Any], bool], Callable[[Any, Names], Value]], ...] = (
    (lambda name, value: value is None or value in ("", [], {}), lambda value, names: Value("–", "nothing")),
    (lambda name, value: isinstance(value, bool), lambda value, names: Value("yes" if value else "no")),
    (lambda name, value: name.endswith(SCORES) and isinstance(value, int), _score),
    (lambda name, value: name.endswith("_at"), lambda value, names: Value(str(value), "time")),
    (_is_id, _id),
    (lambda name, value: isinstance(value, dict | list), _written),
)
"""How a value is shown, by the first that fits; anything else as it is."""
