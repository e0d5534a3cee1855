"""Several pictures of one unit, each lit in its own way: which of them is judged.

1. The picture that reads best is judged. How well one reads follows from its reading alone, before anything that is
   expected was looked at: never from the verdict it would give.
2. A legible rival text in any picture fails the part: what can be read beyond doubt under one light stands on the mark,
   however well another light shows something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.attempt import DOUBT
from core.engines import Clock, Reader
from core.findings import facts_of_fields
from core.frame import Frame
from core.reading import MarkReading
from core.reasons import Reason, Told
from core.recipe import Recipe
from core.region import Region, cut
from core.verification import verify


@dataclass(frozen=True, eq=False)
class Shot:
    """A picture of a unit: how it was lit, and where in it the unit lies, if not everywhere."""

    frame: Frame
    position: int = 0
    lighting: str | None = None
    region: Region | None = None


@dataclass(frozen=True, eq=False)
class Look:
    """What was read in one picture."""

    position: int
    lighting: str | None
    reading: MarkReading

    @property
    def score(self) -> float:
        """How much was read and how surely: every character adds its confidence less `core.attempt.DOUBT`."""
        return sum(one.confidence - DOUBT for line in self.reading.lines for one in line.characters)


def look(shot: Shot, reader: Reader, clock: Clock) -> Look:
    """Read one picture; coordinates are those of the whole picture, whatever region was read.

    Raises:
        ImageRefused: its region lies outside of it.
        ReaderFailed: the reader broke on it.
    """
    if shot.region is None:
        return Look(shot.position, shot.lighting, reader.read(shot.frame, clock))
    part = cut(shot.frame, shot.region)
    return Look(shot.position, shot.lighting, part.placed(reader.read(part.frame, clock)))


def best(looks: Sequence[Look]) -> Look:
    """Return the look that read best: one without faults before others, of equals the first."""
    return max(looks, key=lambda one: (not one.reading.faults, one.score))


def rivals(looks: Sequence[Look], judged: Look, recipe: Recipe, captured_at: datetime) -> Iterator[Told]:
    """Yield the legible rival texts in the pictures that are not judged, and say in which they stand."""
    for other in looks:
        if other is judged or not any(text.strip() for text in other.reading.texts):
            continue
        for told in facts_of_fields(verify(other.reading, recipe), other.reading, recipe, captured_at):
            if told.reason is Reason.RIVAL_TEXT:
                yield replace(told, words=f"{told.words} So it reads in {_called(other)}.")


def _called(other: Look) -> str:
    return f"picture {other.position + 1}" + (f" ({other.lighting})" if other.lighting else "")
