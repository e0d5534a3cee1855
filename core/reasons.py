"""Why a verdict was given: codes, their stable bits, and the words they are told in.

1. A bit never changes its meaning and is never used again: results keep it for years. New reasons take new bits.
2. A *fact* is seen at capture and stored with the row. A *finding* is derived by `core.decision` from stored scores and
   the limits of the day, so that a replay under other limits finds others.
3. Told in order of bits, the gravest first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag


class Reason(IntFlag):
    """One reason a bit; the lowest bits are the gravest. Fits int32."""

    RIVAL_TEXT = 1 << 0
    DATE_IN_FUTURE = 1 << 1
    WEEK_IMPOSSIBLE = 1 << 2
    DATE_TOO_OLD = 1 << 3
    LOT_ON_HOLD = 1 << 4
    MIXED_LOT = 1 << 5
    NO_RECIPE = 1 << 6
    NO_PACKAGE = 1 << 7
    TWO_PACKAGES = 1 << 8
    PACKAGE_CUT = 1 << 9
    IMAGE_UNUSABLE = 1 << 10
    NOTHING_READ = 1 << 11
    TIME_OUT = 1 << 12
    ENGINE_FAILED = 1 << 13
    REQUIRED_MISSING = 1 << 14
    BELOW_REJECT = 1 << 15
    ILLEGIBLE_REFUSED = 1 << 16
    FIELD_MISSING = 1 << 17
    ILLEGIBLE = 1 << 18
    BELOW_ACCEPT = 1 << 19
    BELOW_MARGIN = 1 << 20
    BELOW_PASS_SCORE = 1 << 21
    OPTIONAL_MISSING = 1 << 22
    UNVERIFIED = 1 << 23
    EXTRA_TEXT = 1 << 24
    LINE_ABSENT = 1 << 25


NONE = Reason(0)

HARD = (
    Reason.RIVAL_TEXT
    | Reason.DATE_IN_FUTURE
    | Reason.WEEK_IMPOSSIBLE
    | Reason.DATE_TOO_OLD
    | Reason.LOT_ON_HOLD
    | Reason.MIXED_LOT
)
"""Facts that fail a part whatever its scores."""

UNJUDGEABLE = (
    Reason.NO_RECIPE
    | Reason.NO_PACKAGE
    | Reason.TWO_PACKAGES
    | Reason.PACKAGE_CUT
    | Reason.IMAGE_UNUSABLE
    | Reason.NOTHING_READ
    | Reason.TIME_OUT
    | Reason.ENGINE_FAILED
    | Reason.REQUIRED_MISSING
)
"""Nothing can be said about the part; it is never released."""

REJECTED = Reason.BELOW_REJECT | Reason.ILLEGIBLE_REFUSED
"""Findings that fail a part."""

SHORT = (
    Reason.FIELD_MISSING
    | Reason.ILLEGIBLE
    | Reason.BELOW_ACCEPT
    | Reason.BELOW_MARGIN
    | Reason.BELOW_PASS_SCORE
    | Reason.REQUIRED_MISSING
)
"""What keeps a part from passing."""

UNREADABLE = Reason.FIELD_MISSING | Reason.ILLEGIBLE
"""Facts about a required field that could not be read; borderline or fail, as the recipe says."""

NOTES = Reason.OPTIONAL_MISSING | Reason.UNVERIFIED | Reason.EXTRA_TEXT | Reason.LINE_ABSENT
"""Told with any verdict, and never the cause of one."""

FINDINGS = (
    Reason.REQUIRED_MISSING
    | REJECTED
    | Reason.BELOW_ACCEPT
    | Reason.BELOW_MARGIN
    | Reason.BELOW_PASS_SCORE
    | Reason.OPTIONAL_MISSING
)
"""Derived by `decide`; never stored as a fact."""

WORDS: dict[Reason, str] = {
    Reason.RIVAL_TEXT: "The mark says {read} where {expected} is expected.",
    Reason.DATE_IN_FUTURE: "Date code {date} lies after the day of the picture.",
    Reason.WEEK_IMPOSSIBLE: "Date code {date} names no week of a year.",
    Reason.DATE_TOO_OLD: "Date code {date} is {age} weeks old; at most {limit} are allowed.",
    Reason.LOT_ON_HOLD: "The lot is on hold.",
    Reason.MIXED_LOT: "Other units of this lot carry a different mark.",
    Reason.NO_RECIPE: "No recipe was given, so the mark was read and not judged.",
    Reason.NO_PACKAGE: "No package was found in the picture.",
    Reason.TWO_PACKAGES: "More than one package is in the picture.",
    Reason.PACKAGE_CUT: "The package is cut by the border of the picture.",
    Reason.IMAGE_UNUSABLE: "The picture cannot be used: {detail}.",
    Reason.NOTHING_READ: "No text was found on the package.",
    Reason.TIME_OUT: "The verdict was not ready in time.",
    Reason.ENGINE_FAILED: "The reader failed: {detail}.",
    Reason.REQUIRED_MISSING: "The required signal {signal} was not measured.",
    Reason.BELOW_REJECT: "{signal} {value} is under its reject limit {limit}.",
    Reason.ILLEGIBLE_REFUSED: "The recipe fails what cannot be read.",
    Reason.FIELD_MISSING: "The line {expected} was not found.",
    Reason.ILLEGIBLE: "The line {expected} cannot be told for sure; {read} was read.",
    Reason.BELOW_ACCEPT: "{signal} {value} is under its accept limit {limit}.",
    Reason.BELOW_MARGIN: "{signal} has a margin of {value}, under its limit {limit}.",
    Reason.BELOW_PASS_SCORE: "The weighted score {value} is under the pass score {limit}.",
    Reason.OPTIONAL_MISSING: "The optional signal {signal} was not measured and counts as 0.",
    Reason.UNVERIFIED: "{read} is matched by the pattern {expected} only.",
    Reason.EXTRA_TEXT: "The mark also says {read}.",
    Reason.LINE_ABSENT: "The optional line {expected} was not found.",
}


@dataclass(frozen=True)
class Told:
    """A reason as people are told it."""

    reason: Reason
    words: str

    @property
    def code(self) -> str:
        """The stable name, as stored and answered by the API."""
        return self.reason.name or str(int(self.reason))


def tell(reason: Reason, **values: object) -> Told:
    """Return `reason` with its words filled in.

    Raises:
        KeyError: a value that the words name was not given.
    """
    return Told(reason, WORDS[reason].format(**values))


def each(bits: int) -> tuple[Reason, ...]:
    """Return the single reasons in `bits`, gravest first."""
    return tuple(reason for reason in Reason if bits & reason)
