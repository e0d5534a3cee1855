"""Mixed lots: what a unit says where the recipe leaves it open, held against what other units of its lot say.

1. Only places that a pattern leaves open are compared: what the recipe or the lot says is verified anyway.
2. Only what was read beyond doubt counts (`core.fields.CLEAR`), and characters that the readers cannot tell apart
   (`core.confusables`) make no difference: a misreading does not make a lot mixed.
3. A unit is mixed in if more of the other units of its lot carry some other text than carry its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.confusables import confusable
from core.fields import CLEAR, Field
from core.reasons import Reason, Told, tell


@dataclass(frozen=True)
class OpenText:
    """What a unit says where `expected`, a line of its recipe, leaves it open: the characters of its open places."""

    expected: str
    text: str


def open_texts(fields: Sequence[Field]) -> tuple[OpenText, ...]:
    """Return what the fields of one unit say beyond doubt in their open places, in the order of the lines.

    Lines of the same text are told apart by a number.
    """
    met: Counter[str] = Counter()
    found = []
    for field in fields:
        expected = field.expected.text
        met[expected] += 1
        name = expected if met[expected] == 1 else f"{expected} ({met[expected]})"
        if text := _open_text(field):
            found.append(OpenText(name, text))
    return tuple(found)


def _open_text(field: Field) -> str:
    if not (field.found and field.legible and field.margin > 0):
        return ""
    read = zip(field.places, field.text, field.confidences, strict=True)
    open_ = [(one, sure) for place, one, sure in read if place.counts and not place.fixed]
    return "".join(one for one, _ in open_) if all(sure >= CLEAR for _, sure in open_) else ""


def mixed(own: OpenText, seen: Mapping[str, int]) -> Told | None:
    """Return the reason that a unit is mixed in with others, or None; `seen` says how many other units carry what."""
    alike = sum(units for text, units in seen.items() if not differ(text, own.text))
    others = {text: units for text, units in seen.items() if differ(text, own.text)}
    other, units = max(others.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    if units <= alike:
        return None
    told = tell(Reason.MIXED_LOT)
    return replace(told, words=f"{told.words} In {own.expected} it says {own.text}, and {other} on {units} of them.")


def differ(one: str, other: str) -> bool:
    """Whether two texts of the same open places say different things for sure."""
    if len(one) != len(other):
        return True
    return any(left != right and not confusable(left, right) for left, right in zip(one, other, strict=True))
