"""Mixed lots: what a unit says where the recipe leaves it open, held against what other units of its lot say.

1. Only places that a pattern leaves open are compared: what the recipe or the lot says is verified anyway.
2. Characters that the readers cannot tell apart (`core.confusables.shape`) make no difference: a misreading does not
   make a lot mixed. So what counts is what was read beyond doubt (`core.fields.CLEAR`), or is in doubt between texts
   that look alike alone (`CLEAR_SHAPE`); and units whose texts look alike are counted together.
   A line that is all open, of a mark that has more lines than the recipe, may be another of them from unit to unit: of
   such only what is clear to the letter counts.
3. A unit is mixed in if more of the other units of its lot carry some other text than carry its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.confusables import shape
from core.fields import CLEAR, Field
from core.reasons import Reason, Told, tell

CLEAR_SHAPE = 0.96
"""Each character of a text that is clear by its shape alone is of that shape as surely as this. Of 123 photos of DIP
packages and 196 whole frames none was misread at it, and two were at `CLEAR`: a print that leaves look-alikes open is
worse elsewhere too."""


@dataclass(frozen=True)
class OpenText:
    """What a unit says where `expected`, a line of its recipe, leaves it open: the characters of its open places."""

    expected: str
    text: str


def open_texts(fields: Sequence[Field], *, extra: bool = False) -> tuple[OpenText, ...]:
    """Return what the fields of one unit say beyond doubt in their open places, in the order of the lines.

    Lines of the same text are told apart by a number. `extra`: the mark has lines that no field accounts for.
    """
    met: Counter[str] = Counter()
    found = []
    for field in fields:
        expected = field.expected.text
        met[expected] += 1
        name = expected if met[expected] == 1 else f"{expected} ({met[expected]})"
        if text := _open_text(field, by_shape=not extra or _names_some(field)):
            found.append(OpenText(name, text))
    return tuple(found)


def _names_some(field: Field) -> bool:
    """Whether a line says anything by which it is told from other lines of its mark."""
    return any(place.counts and place.fixed for place in field.places)


def _open_text(field: Field, *, by_shape: bool) -> str:
    if not (field.found and field.legible and field.margin > 0):
        return ""
    open_ = [at for at, place in enumerate(field.places) if place.counts and not place.fixed]
    clear = all(field.confidences[at] >= CLEAR for at in open_)
    clear = clear or (by_shape and all(field.shape_confidences[at] >= CLEAR_SHAPE for at in open_))
    return "".join(field.text[at] for at in open_) if clear else ""


def mixed(own: OpenText, seen: Mapping[str, int]) -> Told | None:
    """Return the reason that a unit is mixed in with others, or None; `seen` says how many other units carry what."""
    together = counted_together(seen)
    alike = sum(units for text, units in together.items() if not differ(text, own.text))
    others = {text: units for text, units in together.items() if differ(text, own.text)}
    other, units = max(others.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    if units <= alike:
        return None
    told = tell(Reason.MIXED_LOT)
    return replace(told, words=f"{told.words} In {own.expected} it says {own.text}, and {other} on {units} of them.")


def counted_together(seen: Mapping[str, int]) -> dict[str, int]:
    """Return how many units carry what, those that look alike under the text that most of them were read to say."""
    names: dict[str, str] = {}
    together: Counter[str] = Counter()
    for text in sorted(seen, key=lambda text: (-seen[text], text)):
        together[names.setdefault(shape(text), text)] += seen[text]
    return dict(together)


def differ(one: str, other: str) -> bool:
    """Whether two texts of the same open places say different things for sure."""
    return shape(one) != shape(other)
