"""A recipe: what the mark of a part should say, in every legitimate variant, and by which limits it is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self, get_args

from core import recipe_document
from core.recipe_parts import MAX_VARIANTS, ExpectedLine, SignalLimits, Variant, expect, expect_share, expect_text
from core.signals import SIGNALS
from core.verdicts import Verdict

__all__ = ["ExpectedLine", "Recipe", "SignalLimits", "Variant"]

Illegible = Literal["borderline", "fail"]
Disposition = Literal[
    "accepted", "rejected", "verify", "pending", "hold", "rework", "reinspect", "concession", "quarantine"
]
DISPOSITIONS: tuple[str, ...] = get_args(Disposition)
VERDICTS = tuple(verdict.word for verdict in Verdict)
RELEASED = ("accepted", "concession")
MAX_AGE_WEEKS = 5200  # a hundred years


@dataclass(frozen=True)
class Recipe:
    """How one part is judged.

    `signals` are limits by signal name, in the order of `core.signals.SIGNALS`. `illegible` says what becomes of a
    required field that cannot be read. `disposition` says, by verdict, what happens to the unit.
    """

    name: str
    variants: tuple[Variant, ...]
    part_number: str = ""
    manufacturer: str = ""
    reader: str = "ppocr"
    signals: tuple[tuple[str, SignalLimits], ...] = (("ocr", SignalLimits()),)
    pass_score: float = 0.80
    illegible: Illegible = "borderline"
    max_age_weeks: int | None = None
    disposition: tuple[tuple[str, str], ...] = tuple(recipe_document.DEFAULT_DISPOSITION.items())

    def __post_init__(self) -> None:
        expect_text(self.name, "name")
        expect_text(self.part_number, "part_number", least=0)
        expect_text(self.manufacturer, "manufacturer", least=0)
        expect_text(self.reader, "reader")
        self._check_variants()
        self._check_signals()
        self._check_policy()

    def _check_variants(self) -> None:
        count = len(self.variants)
        expect(0 < count <= MAX_VARIANTS, "variants", f"expected 1 to {MAX_VARIANTS} variants, got {count}")
        names = [variant.name for variant in self.variants]
        expect(len(set(names)) == count, "variants", f"expected names that differ, got {names}")

    def _check_signals(self) -> None:
        names = [name for name, _ in self.signals]
        unknown = [name for name in names if name not in SIGNALS]
        expect(not unknown, "signals", f"expected some of {', '.join(SIGNALS)}, got {', '.join(unknown)}")
        expect("ocr" in names, "signals", "expected the signal ocr")
        expect(any(limits.required for _, limits in self.signals), "signals", "expected at least one required signal")
        expect(sum(limits.weight for _, limits in self.signals) > 0, "signals", "expected weights that sum to over 0")

    def _check_policy(self) -> None:
        expect_share(self.pass_score, "pass_score")
        expect(self.illegible in get_args(Illegible), "illegible", "expected 'borderline' or 'fail'")
        age = self.max_age_weeks
        expect(age is None or 0 < age <= MAX_AGE_WEEKS, "max_age_weeks", f"expected 1 to {MAX_AGE_WEEKS}, got {age}")
        for verdict, disposition in self.disposition:
            where = f"disposition.{verdict}"
            expect(verdict in VERDICTS, where, f"expected a verdict ({', '.join(VERDICTS)}), got {verdict!r}")
            expect(disposition in DISPOSITIONS, where, f"expected {', '.join(DISPOSITIONS)}, got {disposition!r}")
            released = disposition in RELEASED
            expect(not released or verdict != "not_judged", where, "a part that was not judged is never released")
        missing = set(VERDICTS) - {verdict for verdict, _ in self.disposition}
        expect(not missing, "disposition", f"expected every verdict, {', '.join(sorted(missing))} is missing")

    def disposition_for(self, verdict: str) -> str:
        """Return what happens to a unit with this verdict."""
        return dict(self.disposition)[verdict]

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Read a recipe document (JSON) strictly.

        Raises:
            RecipeInvalid: something is missing, unknown, of the wrong type or out of bounds; it names the place.
        """
        return recipe_document.parse(document, cls)

    def to_document(self) -> dict[str, object]:
        """Return the recipe as a JSON document that `from_document` reads back as an equal recipe."""
        return recipe_document.write(self)
