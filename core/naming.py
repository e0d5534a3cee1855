"""How the names of files say which part they show: rules such as `{lot}_{serial}`, over paths without endings.

1. A rule is plain text with fields in braces (`FIELDS`); `{*}` is anything that says nothing to us, and `{{`, `}}` are
   braces. It has as many folders (`/`) as the paths it is for: `{station}-{lot}/{carrier}_{row}_{column}`.
2. A field takes all up to the first place where the text behind it in the rule begins, so `{lot}_{serial}` finds in
   `A_B_C` the lot `A` and the serial `B_C`. Hence two fields never stand side by side.
3. Numbers are decimal digits; zeros before them mean nothing.
4. A rule that reads a path reads it in one way, and what it writes it reads again as the same (`write`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

from core.errors import NameUnfit, NamingInvalid

ANYTHING = "*"
SEAT = ("carrier", "row", "column")
MAX_TEXT = 200
MAX_RULE = 500
MOST_DIGITS = {"row": 5, "column": 5, "trigger": 18}
FIELDS = {
    "lot": "the lot's code",
    "serial": "the unit's serial",
    "carrier": "the carrier the unit lies in, with its row and column",
    "row": "the row in the carrier, a number from 1",
    "column": "the column in the carrier, a number from 1",
    "station": "the station's name, which must be that of the folder",
    "trigger": "the station's own count of its triggers, a number",
}
PUT_AWAY = ("done", "refused")
"""Folders where files go that were handled; no rule may look into them."""

_PIECES = re.compile(r"\{\{|\}\}|\{(?P<field>[^{}]*)\}|[{}]|[^{}]+")


@dataclass(frozen=True, slots=True)
class Named:
    """What the name of a file says; None for what it does not."""

    lot: str | None = None
    serial: str | None = None
    carrier: str | None = None
    row: int | None = None
    column: int | None = None
    station: str | None = None
    trigger: int | None = None

    def __post_init__(self) -> None:
        if len({part is None for part in (self.carrier, self.row, self.column)}) > 1:
            raise ValueError(f"expected carrier, row and column together, got {self}")
        if min(self.row or 1, self.column or 1) < 1 or self.row == 0 or self.column == 0:
            raise ValueError(f"expected row and column from 1, got {self}")


@dataclass(frozen=True)
class Field:
    """A place in a rule that a value stands in."""

    name: str


Piece = str | Field


@dataclass(frozen=True)
class NamingRule:
    """A rule that was checked; `parse` makes it. The empty rule fits every path, and reads nothing in it."""

    text: str
    pieces: tuple[Piece, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of its fields, in their order."""
        return tuple(piece.name for piece in self.pieces if isinstance(piece, Field) and piece.name != ANYTHING)

    def at(self, station: str) -> NamingRule:
        """Return the rule with the name of a station for its field: names that hold a divider are read right then."""
        pieces = [station if piece == Field("station") else piece for piece in self.pieces]
        return NamingRule(self.text, _joined(pieces))

    def read(self, path: str) -> Named:
        """Return what a path says: relative, with `/` between folders, without the file's ending.

        Raises:
            NameUnfit: it does not fit the rule; the message says what was expected.
        """
        if not self.pieces:
            return Named()
        found = re.fullmatch(_pattern(self.pieces), unicodedata.normalize("NFC", path), re.DOTALL)
        if found is None:
            raise NameUnfit(f"{path!r} is not named as {self.text!r} says; {self._expected(path)}.")
        said: dict[str, Any] = {name: _value(name, found[name]) for name in self.fields}
        unusable = next((name for name, value in said.items() if value is None), None)
        if unusable is not None:
            raise NameUnfit(f"{path!r}: {found[unusable]!r} is no {unusable}; expected {_expected(unusable)}.")
        return Named(**said)

    def write(self, named: Named) -> str:
        """Return the path that says `named`, and that `read` reads so.

        Raises:
            NameUnfit: a value is missing that the rule has a field for, or no path of this rule can say it.
        """
        said = {field.name: getattr(named, field.name) for field in fields(Named)}
        wrong = sorted(name for name, value in said.items() if (value is None) == (name in self.fields))
        if wrong:
            raise NameUnfit(
                f"The rule {self.text!r} needs {_listed(self.fields)}, and no others; see {_listed(wrong)}."
            )
        filled = {**{name: str(value) for name, value in said.items()}, ANYTHING: "x"}
        path = "".join(filled[piece.name] if isinstance(piece, Field) else piece for piece in self.pieces)
        if self.read(path) != named:
            raise NameUnfit(f"No path can say {named} by the rule {self.text!r}: a value holds what divides it.")
        return path

    def _expected(self, path: str) -> str:
        depth, wanted = path.count("/"), sum(piece.count("/") for piece in self.pieces if isinstance(piece, str))
        if depth != wanted:
            return f"expected it {wanted} folders deep, it lies {depth} deep"
        return "expected " + "".join(
            f"<{piece.name if piece.name != ANYTHING else 'anything'}>" if isinstance(piece, Field) else piece
            for piece in self.pieces
        )


def parse(text: str) -> NamingRule:
    """Return the rule that `text` says; the empty text is the rule that reads nothing.

    Raises:
        NamingInvalid: it is no rule; the message says where, and what was expected.
    """
    if len(text) > MAX_RULE:
        raise NamingInvalid(f"A naming rule has at most {MAX_RULE} characters; this one has {len(text)}.")
    pieces = _joined([_piece(found) for found in _PIECES.finditer(unicodedata.normalize("NFC", text))])
    for check in (_check_fields, _check_neighbours, _check_text):
        check(pieces)
    return NamingRule(text, pieces)


def _piece(found: re.Match[str]) -> Piece:
    if found["field"] is not None:
        name = found["field"]
        if name not in FIELDS and name != ANYTHING:
            raise NamingInvalid(
                f"There is no field {{{name}}}; expected one of {_listed(FIELDS)}, or {{*}} for anything."
            )
        return Field(name)
    if found[0] in {"{", "}"}:
        raise NamingInvalid(
            f"The brace at place {found.start() + 1} has no other; write {found[0] * 2} for a brace itself."
        )
    return found[0][0] if found[0] in {"{{", "}}"} else found[0]


def _joined(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Return the pieces with neighbouring texts made one."""
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if isinstance(piece, str) and isinstance(last, str):
            joined[-1] = last + piece
        else:
            joined.append(piece)
    return tuple(joined)


def _check_fields(pieces: tuple[Piece, ...]) -> None:
    named = [piece.name for piece in pieces if isinstance(piece, Field) and piece.name != ANYTHING]
    if pieces and not named:
        raise NamingInvalid(f"A naming rule has at least one field: {_listed(FIELDS)}. Empty, it reads nothing.")
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise NamingInvalid(f"{_listed(twice)} stands in the rule more than once; expected each field once.")
    seat = [name for name in SEAT if name in named]
    if seat and len(seat) < len(SEAT):
        raise NamingInvalid(f"{_listed(SEAT)} go together; the rule has {_listed(seat)} alone.")


def _check_neighbours(pieces: tuple[Piece, ...]) -> None:
    for before, after in pairwise(pieces):
        if isinstance(before, Field) and isinstance(after, Field):
            raise NamingInvalid(
                f"{_listed([before.name, after.name])} stand side by side; expected text that divides them."
            )


def _check_text(pieces: tuple[Piece, ...]) -> None:
    shown = "".join(piece if isinstance(piece, str) else "x" for piece in pieces)
    if "\\" in shown or not shown.isprintable():
        raise NamingInvalid("A naming rule divides folders by / and has neither \\ nor control characters.")
    if pieces and any(part in {"", ".", ".."} or part.startswith(".") for part in shown.split("/")):
        raise NamingInvalid("Each folder in a naming rule has a name, and none begins with a dot: such files are left.")
    if "/" in shown and shown.split("/")[0] in PUT_AWAY:
        raise NamingInvalid(f"Files in {_listed(PUT_AWAY)} were handled already; no rule looks there.")


def _pattern(pieces: tuple[Piece, ...]) -> str:
    """Return the pattern of a rule: a field takes all up to the next `/` or the text behind it."""
    following = [*pieces[1:], "/"]
    return "".join(
        re.escape(piece) if isinstance(piece, str) else _group(piece.name, str(behind))
        for piece, behind in zip(pieces, following, strict=True)
    )


def _group(name: str, behind: str) -> str:
    taken = rf"(?:(?!{re.escape(behind)})[^/])+"
    # Atomic: what does not fit then is not tried with a longer value, so there is one way to read a path.
    return f"(?>{taken})" if name == ANYTHING else f"(?P<{name}>(?>{taken}))"


def _value(name: str, found: str) -> str | int | None:
    """Return the value of a field, or None where it can be none."""
    if name not in MOST_DIGITS:
        return found if len(found) <= MAX_TEXT and found.isprintable() and found == found.strip() else None
    if not (found.isascii() and found.isdigit() and len(found.lstrip("0")) <= MOST_DIGITS[name]):
        return None
    return None if int(found) == 0 and name in SEAT else int(found)


def _expected(name: str) -> str:
    if name in MOST_DIGITS:
        return f"{FIELDS[name]}, of at most {MOST_DIGITS[name]} digits"
    return f"{FIELDS[name]}, at most {MAX_TEXT} characters without spaces around them"


def _listed(names: Any) -> str:
    return ", ".join(f"{{{name}}}" if name in FIELDS else str(name) for name in names)
