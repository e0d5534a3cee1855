"""Patterns of marking lines: what may stand at each place of a line.

A line's text is literal but for places in braces: `{YYWW}` a date code, `{YY}` `{Y}` `{WW}` parts of one, `{A}` a
letter, `{N}` a digit, `{X}` either, each of the three with a count (`{X5}`); `{S}` a logo or symbol; `{{` is a brace.
`{lot:X5}` and `{trace:N4}` are places for the lot's code and its trace code, of any counted class: once a lot is
started with its texts (`core.lot_texts`), these and the date tokens say one thing alone.

Case, spaces and the signs of `IGNORED` take no place: engines disagree about them and no part differs by them. A
symbol (`{S}`, `®`, a lead-free finish code standing alone such as `E4`) does not count: it may be read as anything, or
left out.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

IGNORED = frozenset(" \t\u00a0\u3000®™©.+·•°º*_\u200b")
"""Characters that take no place in comparing, beside all white space (as `tools/score_reading.py` drops them)."""

SYMBOL_SIGNS = frozenset("®™©+°º")
"""Ignored signs that engines often read as some letter or digit; written in a recipe, each is a symbol."""

DIGITS = frozenset("0123456789")
LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

ANYTHING = frozenset(string.digits + string.ascii_uppercase + string.punctuation) - IGNORED

CLASSES: dict[str, tuple[frozenset[str], ...]] = {
    "YYWW": (DIGITS, DIGITS, frozenset("012345"), DIGITS),
    "YY": (DIGITS, DIGITS),
    "WW": (frozenset("012345"), DIGITS),
    "Y": (DIGITS,),
}
"""Places of the date tokens; no week begins with a digit over 5."""

SYMBOL_TOKENS = ("S",)
COUNTED = {"A": LETTERS, "N": DIGITS, "X": LETTERS | DIGITS}
COUNTED_WORDS = {"A": "letters", "N": "digits", "X": "letters or digits"}
NAMES = ("lot", "trace")
"""What a lot may say of its marks, beside its date code."""

MAX_COUNT = 32
MAX_PLACES = 48
"""Longest line; over this the arithmetic of `core.lattice` would run out of exponents."""

TOKEN = re.compile(r"\{\{|\{([^{}]*)\}|([{}])|(.)", re.DOTALL)
COUNTED_TOKEN = re.compile(rf"(?:({'|'.join(NAMES)}):)?([ANX])([1-9][0-9]?)?")
FINISH = re.compile(r"(?<!\S)[EG][0-9](?!\S)", re.IGNORECASE)


class PatternInvalid(ValueError):
    """A line's text is no pattern; the message says what was expected."""


class TextMisfit(ValueError):
    """What a lot says does not fit the place that a line has for it."""


@dataclass(frozen=True)
class Place:
    """One place of a line: the normalised characters that may stand there.

    `date` names the date token it belongs to (`YY`, `WW`, `Y`) or is empty, also where the lot says its date. A place
    that does not `count` is a symbol: nothing that was read there, or was not, speaks for or against the part.
    """

    choices: frozenset[str]
    date: str = ""
    counts: bool = True

    @property
    def fixed(self) -> bool:
        """Whether one character alone may stand here."""
        return len(self.choices) == 1


SYMBOL = Place(ANYTHING, counts=False)


@dataclass(frozen=True)
class Pattern:
    """The places of one line, left to right."""

    text: str
    places: tuple[Place, ...]

    def __len__(self) -> int:
        return len(self.places)

    @property
    def fixed(self) -> bool:
        """Whether only one string matches, symbols apart."""
        return all(place.fixed for place in self.places if place.counts)

    @property
    def literal(self) -> str:
        """The one string that matches a fixed pattern; a class shows as `?`."""
        return "".join(next(iter(place.choices)) if place.fixed else "?" for place in self.places)

    def matches(self, normalised: str) -> bool:
        """Whether a normalised string matches place by place."""
        return len(normalised) == len(self.places) and all(
            character in place.choices for character, place in zip(normalised, self.places, strict=True)
        )


@lru_cache(maxsize=65536)
def fold(character: str) -> str:
    """Return the character as it is compared: upper case, or empty where it takes no place."""
    if character in IGNORED or character.isspace():
        return ""
    upper = character.upper()
    return upper if len(upper) == 1 else character


def normalise(text: str) -> str:
    """Return `text` as it is compared."""
    return "".join(map(fold, text))


NOTHING_SAID: Mapping[str, str] = MappingProxyType({})


def pattern(text: str, said: Mapping[str, str] = NOTHING_SAID) -> Pattern:
    """Parse one line's text. What is `said`, normalised, by token (`YYWW`, `YY`, ...) or name (`lot`, `trace`), stands
    in its places alone.

    Raises:
        PatternInvalid: an unknown token, a lone brace, no place at all or more than `MAX_PLACES`.
        TextMisfit: what is said does not fit a place.
    """
    places = tuple(_places(text, said))
    if not any(place.counts for place in places):
        raise PatternInvalid(f"expected at least one character that takes a place, got {text!r}")
    if len(places) > MAX_PLACES:
        raise PatternInvalid(f"expected at most {MAX_PLACES} places, got {len(places)}")
    return Pattern(filled(text, said), places)


def filled(text: str, said: Mapping[str, str]) -> str:
    """Return a line's text with what is said in its places."""
    return TOKEN.sub(lambda match: said.get(name_of(match[1]), match[0]) if match[1] else match[0], text)


def names(text: str) -> frozenset[str]:
    """Return the tokens and names that a line has places for."""
    return frozenset(name_of(match[1]) for match in TOKEN.finditer(text) if match[1])


def name_of(token: str) -> str:
    """Return what a lot would say a token by: a date token itself, or the name in it."""
    return token.partition(":")[0]


def _places(text: str, said: Mapping[str, str]) -> list[Place]:
    finish = _finish_spans(text)
    places: list[Place] = []
    for match in TOKEN.finditer(text):
        token, lone, character = match.groups()
        if lone:
            raise PatternInvalid(f"a lone {lone!r} at {match.start()}; write '{{{{' for a brace")
        if token is not None:
            places.extend(_bound(token, said.get(name_of(token))))
        elif character in SYMBOL_SIGNS or match.start() in finish:
            places.append(SYMBOL)
        elif folded := fold(character or "{"):
            places.append(Place(frozenset(folded)))
    return places


def _bound(token: str, text: str | None) -> list[Place]:
    """Return a token's places, each holding its character of `text` where that was said."""
    places = _token(token)
    if text is None:
        return places
    fits = len(text) == len(places) and all(one in place.choices for one, place in zip(text, places, strict=True))
    if not fits:
        raise TextMisfit(f"expected {_wanted(token, len(places))} for {{{token}}}, got {text!r}")
    return [replace(place, choices=frozenset(one)) for one, place in zip(text, places, strict=True)]


def _wanted(token: str, count: int) -> str:
    counted = COUNTED_TOKEN.fullmatch(token)
    return f"{count} {COUNTED_WORDS[counted[2]] if counted else 'digits'}"


def _finish_spans(text: str) -> set[int]:
    """Where finish codes stand in `text`; a line that is nothing else is taken at its word."""
    spans = {place for match in FINISH.finditer(text) for place in range(*match.span())}
    rest = "".join(character for place, character in enumerate(text) if place not in spans)
    return spans if normalise(rest) else set()


def _token(token: str) -> list[Place]:
    if token in SYMBOL_TOKENS:
        return [SYMBOL]
    if token in CLASSES:
        return [Place(choices, date=_date_token(token, place)) for place, choices in enumerate(CLASSES[token])]
    counted = COUNTED_TOKEN.fullmatch(token)
    if counted is None:
        known = ", ".join(f"{{{name}}}" for name in (*CLASSES, *SYMBOL_TOKENS, *COUNTED))
        named = " and ".join(f"{{{name}:X}}" for name in NAMES)
        raise PatternInvalid(
            f"unknown pattern {{{token}}}; known are {known}, the last three with a count, and {named}"
        )
    count = int(counted[3] or 1)
    if count > MAX_COUNT:
        raise PatternInvalid(f"expected a count of at most {MAX_COUNT}, got {count}")
    return [Place(COUNTED[counted[2]])] * count


def _date_token(token: str, place: int) -> str:
    """`YYWW` is `YY` and then `WW`."""
    return token if len(token) <= 2 else token[place // 2 * 2 : place // 2 * 2 + 2]
