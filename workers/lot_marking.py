"""Holding units against the rest of their lot, in the transaction that writes their results.

1. What a unit is held against is what other units of its lot were read to say so far (`core.lot_marks`); it is kept
   with the evidence, so that the verdict can be repeated. Texts that look alike are kept as one.
2. A unit is counted once for a line of its mark, however many attempts it took; the first that told it counts.
3. Only results that will be written count: the leases were looked at before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from core.inspection import Inspection, decided
from core.lot_marks import OpenText, counted_together, differ, mixed, open_texts
from core.reasons import Reason, Told
from data.repositories.lot_marks import Counts, Said
from data.tables import Document
from data.unit_of_work import UnitOfWork
from workers.judging import Judged

SHOWN = 4
"""Texts that a unit is held against, and that its evidence keeps: those that most units carry."""


async def marked(work: UnitOfWork, judged: Sequence[Judged]) -> list[Judged]:
    """Return what was judged with what follows from the rest of its lot, and count it."""
    told = {one.task.inspection_id: _said(one.inspection) for one in judged if one.task.lot_id}
    telling = [one for one in judged if told.get(one.task.inspection_id)]
    if not telling:
        return list(judged)
    await work.parts.marks.hold({one.task.lot_id for one in telling if one.task.lot_id})
    said = {
        Said(one.task.lot_id, open_.expected, open_.text)
        for one in telling
        for open_ in told[one.task.inspection_id]
        if one.task.lot_id
    }
    counted = await work.parts.marks.counted({one.task.unit_id for one in telling})
    tally = _Tally(await work.parts.marks.seen(said), counted)
    done = [tally.held_against(one, told.get(one.task.inspection_id, ())) for one in judged]
    await work.parts.marks.add(tally.new)
    return done


def _said(inspection: Inspection) -> tuple[OpenText, ...]:
    extra = any(told.reason is Reason.EXTRA_TEXT for told in inspection.seen)
    return open_texts(inspection.fields, extra=extra)


class _Tally:
    """The counts of some lots, going up as units are held against them."""

    def __init__(self, seen: Counts, counted: dict[tuple[UUID, str], str]) -> None:
        self.new: Counter[Said] = Counter()
        self._seen = seen
        self._counted = counted

    def held_against(self, one: Judged, texts: Sequence[OpenText]) -> Judged:
        """Return a unit with what follows from those before it."""
        if one.task.lot_id is None or one.recipe is None or not texts:
            return one
        reasons: list[Told] = []
        marks: list[Document] = []
        for own in texts:
            others = self._others(one.task.lot_id, one.task.unit_id, own)
            if reason := mixed(own, others):
                reasons.append(reason)
            counts = self._count(one.task.lot_id, one.task.unit_id, own)
            marks.append({**vars(own), "seen": others, "counted": counts})
        inspection = decided(one.inspection, tuple(reasons), one.recipe) if reasons else one.inspection
        return replace(one, inspection=inspection, marks=tuple(marks))

    def _others(self, lot_id: UUID, unit_id: UUID, own: OpenText) -> dict[str, int]:
        """Return how many other units carry which text, those alike together: the commonest, and the unit's own."""
        seen = dict(self._seen[lot_id, own.expected])
        before = self._counted.get((unit_id, own.expected))
        if before is not None and seen.get(before):
            seen[before] -= 1
        together = counted_together({text: units for text, units in seen.items() if units})
        most = sorted(together, key=lambda text: (-together[text], text))[:SHOWN]
        return {text: together[text] for text in together if text in most or not differ(text, own.text)}

    def _count(self, lot_id: UUID, unit_id: UUID, own: OpenText) -> bool:
        """Count a unit, and tell whether it was not counted before."""
        if (unit_id, own.expected) in self._counted:
            return False
        self._counted[unit_id, own.expected] = own.text
        seen = self._seen[lot_id, own.expected]
        seen[own.text] = seen.get(own.text, 0) + 1
        self.new[Said(lot_id, own.expected, own.text)] += 1
        return True
