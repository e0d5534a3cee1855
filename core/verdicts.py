"""The machine's four verdicts."""

from __future__ import annotations

from enum import IntEnum


class Verdict(IntEnum):
    """What the machine says of a part; the number is what columns hold and what the command line exits with."""

    PASS = 0
    FAIL = 1
    BORDERLINE = 2
    NOT_JUDGED = 3

    @property
    def word(self) -> str:
        """The name as stored, answered and shown: `pass`, `fail`, `borderline`, `not_judged`."""
        return self.name.lower()


GRAVITY = (Verdict.FAIL, Verdict.NOT_JUDGED, Verdict.BORDERLINE, Verdict.PASS)
"""The order in which one verdict speaks for many parts: the first that occurs."""


def worst(verdicts: list[Verdict]) -> Verdict:
    """Return the gravest of at least one verdict.

    Raises:
        ValueError: there is none.
    """
    return min(verdicts, key=GRAVITY.index)
