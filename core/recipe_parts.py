"""The parts of a recipe: expected lines, variants of a mark and limits of signals, each checked when made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from core.errors import RecipeInvalid
from core.patterns import Pattern, PatternInvalid, pattern

MAX_NAME = 120
MAX_TEXT = 120
MAX_LINES = 12
MAX_VARIANTS = 16
MAX_WEIGHT = 100.0


def expect(condition: bool, where: str, detail: str) -> None:
    """Raise RecipeInvalid at `where` unless `condition` holds."""
    if not condition:
        raise RecipeInvalid(detail, where)


def expect_text(value: str, where: str, *, most: int = MAX_NAME, least: int = 1) -> None:
    """Raise RecipeInvalid unless `value` is printable and `least` to `most` characters long."""
    expect(least <= len(value) <= most, where, f"expected {least} to {most} characters, got {len(value)}")
    expect(value.isprintable(), where, "expected printable characters alone")


def expect_share(value: float, where: str) -> None:
    """Raise RecipeInvalid unless `value` lies in 0..1."""
    expect(0.0 <= value <= 1.0, where, f"expected a number from 0 to 1, got {value}")


@dataclass(frozen=True)
class ExpectedLine:
    """One marking line: literal text or a pattern (`core.patterns`). An optional line may be absent from the mark.

    `bound` are its places where a lot's texts stand in them (`core.lot_texts`), which the text alone does not say: a
    lot's `E4` is no lead-free finish code.
    """

    text: str
    required: bool = True
    bound: Pattern | None = None

    def __post_init__(self) -> None:
        expect_text(self.text, "text", most=MAX_TEXT)
        try:
            pattern(self.text)
        except PatternInvalid as error:
            raise RecipeInvalid(str(error), "text") from error

    @cached_property
    def pattern(self) -> Pattern:
        """The places of the line."""
        return self.bound or pattern(self.text)


@dataclass(frozen=True)
class Variant:
    """One legitimate form of the mark: its lines from top to bottom."""

    name: str
    lines: tuple[ExpectedLine, ...]

    def __post_init__(self) -> None:
        expect_text(self.name, "name")
        expect(0 < len(self.lines) <= MAX_LINES, "lines", f"expected 1 to {MAX_LINES} lines, got {len(self.lines)}")
        expect(any(line.required for line in self.lines), "lines", "expected at least one required line")


@dataclass(frozen=True)
class SignalLimits:
    """Limits of one signal: scores and margins in 0..1; a weight of any scale."""

    accept: float = 0.80
    reject: float = 0.30
    margin: float = 0.10
    weight: float = 1.0
    required: bool = True

    def __post_init__(self) -> None:
        for name in ("accept", "reject", "margin"):
            expect_share(getattr(self, name), name)
        expect(self.reject <= self.accept, "reject", f"expected at most accept ({self.accept}), got {self.reject}")
        expect(0 <= self.weight <= MAX_WEIGHT, "weight", f"expected 0 to {MAX_WEIGHT:g}, got {self.weight}")
