"""What a lot says of its marks: its date code, its lot code and its trace code.

1. A recipe has places for them: the date tokens (`{YYWW}`, `{YY}`, `{WW}`, `{Y}`) for the date code, `{lot:X5}` and
   `{trace:N4}` for the others. A name may stand in several lines, and several times in one.
2. `bound` puts a lot's texts into every place of a recipe. Such places are fixed from then on: they are verified
   against rivals as literal text is, and say no `UNVERIFIED`. Places that the lot says nothing about stay patterns.
3. A text that does not fit a place of it in some variant, or has none in the whole recipe, is refused: nothing would
   ever verify it.
4. What is bound accepts only marks that the recipe alone accepts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Self

from core.dates import WEEKS
from core.errors import LotTextInvalid
from core.patterns import NAMES, TextMisfit, names, normalise, pattern
from core.recipe import Recipe
from core.recipe_parts import ExpectedLine, Variant

MAX_LENGTH = 32
DATE = re.compile(r"[0-9]{4}")
CODE = re.compile(rf"[A-Z0-9]{{1,{MAX_LENGTH}}}")
DATE_TOKENS = ("YYWW", "YY", "WW", "Y")


@dataclass(frozen=True)
class LotTexts:
    """What the marks of a lot must say, as it is compared (`core.patterns.normalise`); empty: nothing said.

    `date` is a year and week (YYWW).
    """

    date: str = ""
    lot: str = ""
    trace: str = ""

    def __post_init__(self) -> None:
        if self.date and not (DATE.fullmatch(self.date) and int(self.date[2:]) in WEEKS):
            raise LotTextInvalid(f"expected a year and a week (YYWW), such as 2431, got {self.date!r}", "texts.date")
        for name in NAMES:
            code = getattr(self, name)
            if code and not CODE.fullmatch(code):
                detail = f"expected 1 to {MAX_LENGTH} letters (A to Z) or digits, got {code[: 2 * MAX_LENGTH]!r}"
                raise LotTextInvalid(detail, f"texts.{name}")

    def __bool__(self) -> bool:
        return self != NOTHING_SAID

    @property
    def said(self) -> Mapping[str, str]:
        """What is said, by the token or the name of the places it stands in."""
        year, week = self.date[:2], self.date[2:]
        dates = dict(zip(DATE_TOKENS, (self.date, year, week, year[1:]), strict=True))
        said = {**dates, "lot": self.lot, "trace": self.trace}
        return MappingProxyType({name: text for name, text in said.items() if text})

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Read a lot's texts (JSON) strictly; case and spaces make no difference.

        Raises:
            LotTextInvalid: something is unknown, of the wrong type or no such code; it names the text.
        """
        known = [field.name for field in fields(cls)]
        if not isinstance(document, Mapping):
            raise LotTextInvalid("expected an object")
        for name, text in document.items():
            if name not in known:
                raise LotTextInvalid(f"unknown; known are {', '.join(known)}", f"texts.{str(name)[:80]}")
            if not isinstance(text, str):
                raise LotTextInvalid("expected text", f"texts.{name}")
        return cls(**{name: normalise(text) for name, text in document.items()})

    def to_document(self) -> dict[str, str]:
        """Return what is said as a JSON document that `from_document` reads back as equal texts."""
        return {field.name: text for field in fields(self) if (text := getattr(self, field.name))}


NOTHING_SAID = LotTexts()


def bound(recipe: Recipe, texts: LotTexts) -> Recipe:
    """Return the recipe with a lot's texts in their places.

    Raises:
        LotTextInvalid: a text does not fit its place in some variant, or has none; it names recipe, line and place.
    """
    if not texts:
        return recipe
    _check_places(recipe, texts)
    return replace(recipe, variants=tuple(_variant(recipe, variant, texts.said) for variant in recipe.variants))


def _check_places(recipe: Recipe, texts: LotTexts) -> None:
    has = frozenset[str]().union(*(names(line.text) for variant in recipe.variants for line in variant.lines))
    for name in texts.to_document():
        tokens = DATE_TOKENS if name == "date" else (name,)
        if has.isdisjoint(tokens):
            place = "date code ({YYWW}, {YY}, {WW} or {Y})" if name == "date" else f"{name} code ({{{name}:X5}})"
            raise LotTextInvalid(f"the recipe {recipe.name} has no place for a {place}", f"texts.{name}")


def _variant(recipe: Recipe, variant: Variant, said: Mapping[str, str]) -> Variant:
    lines = []
    for number, line in enumerate(variant.lines, 1):
        try:
            lines.append(_line(line, said))
        except TextMisfit as error:
            where = f"line {number} ({line.text}) of the variant {variant.name} of the recipe {recipe.name}"
            raise LotTextInvalid(f"{where}: {error}") from error
    return replace(variant, lines=tuple(lines))


def _line(line: ExpectedLine, said: Mapping[str, str]) -> ExpectedLine:
    if names(line.text).isdisjoint(said):
        return line
    places = pattern(line.text, said)
    return ExpectedLine(places.text, line.required, bound=places)
