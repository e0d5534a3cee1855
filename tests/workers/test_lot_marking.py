"""Units are held against the rest of their lot, and counted once, however many workers and attempts there are."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from core.engines import Clock
from core.evidence import digest
from core.frame import Frame
from core.lot_marks import OpenText, mixed
from core.lot_texts import LotTexts
from core.reading import MarkReading
from data.queries import inspections
from data.queries.inspection_view import InspectionDetail
from data.tables import LotMark
from tests.core import marks
from tests.data.rows import published, recipe
from tests.workers.conftest import Composed
from tests.workers.fakes import Reads, mark
from tests.workers.queue_probe import picture, states
from workers import lots
from workers.composition import Services
from workers.inspecting import inspect_batch
from workers.intake import Particulars, accept
from workers.lots import LotStart
from workers.outbox import next_batch

RECIPE = "dated"
DATED = recipe(RECIPE, variants=[{"name": "standard", "lines": [{"text": "SN74LS00N"}, {"text": "{YYWW}"}]}])
NUMBERED = recipe("numbered", variants=[{"name": "standard", "lines": [{"text": "SN74LS{X2}N"}]}])
OPEN = recipe("open", variants=[{"name": "standard", "lines": [{"text": "{X9}"}]}])
MARKS = ("2431", "2432", "24", "2433")
NUMBERS = ("02", "O2", "00", "0O")
DOUBTS = {"0": {"0": 0.905, "O": 0.09}, "O": {"O": 0.905, "0": 0.09}}


class ReadsDates(Reads):
    """Reads the part number and the date that the picture's green corner tells."""

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        return mark("SN74LS00N", MARKS[frame.pixels[-1, -1, 1]])


class ReadsNumbers(ReadsDates):
    """Reads the part number that the picture's green corner tells, and more lines; any 0 may be the letter."""

    def __init__(self, *more: str) -> None:
        self._more = more

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        number = [DOUBTS.get(character, character) for character in NUMBERS[frame.pixels[-1, -1, 1]]]
        return marks.mark([*"SN74LS", *number, "N"], *self._more)


def dated(text: str) -> bytes:
    """A picture unlike any other, of a part that says `text`."""
    pixels = cv2.imdecode(np.frombuffer(picture(), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    pixels[-1, -1, 1] = (MARKS if text in MARKS else NUMBERS).index(text)
    return cv2.imencode(".png", pixels)[1].tobytes()


@pytest.fixture
async def works(composed: Composed) -> Services:
    made: Services = composed(ReadsDates())
    await published(made.database, DATED)
    return made


async def taken_in(works: Services, *texts: str, **told: Any) -> list[UUID]:
    said = {"recipe": RECIPE, "lot": "L1", **told}
    return [await accept(works, dated(text), Particulars(**said)) for text in texts]


async def judged(works: Services, *texts: str, **told: Any) -> list[InspectionDetail]:
    """Take in parts that say this, one after another, judge them together, and return what became of each."""
    ids = await taken_in(works, *texts, **told)
    while (batch_id := await next_batch(works)) is not None:
        await inspect_batch(works, batch_id)
    async with works.database.session() as session:
        return [await inspections.detail(session, id_) for id_ in ids]


async def counts(works: Services) -> dict[str, int]:
    async with works.database.session() as session:
        return {one.text: one.units for one in await session.scalars(select(LotMark))}


def verdicts(found: list[InspectionDetail]) -> list[str]:
    return ["mixed" if "MIXED_LOT" in codes(one) else one.summary.verdict or "" for one in found]


def codes(found: InspectionDetail) -> set[str]:
    return {reason["code"] for reason in found.summary.reasons}


def seen(found: InspectionDetail) -> dict[str, Any]:
    assert found.evidence is not None
    (only,) = found.evidence["lot"]["marks"]
    return dict(only)


async def test_units_that_say_the_same_are_no_mixed_lot(works: Services) -> None:
    found = await judged(works, "2431", "2431", "2431")
    assert verdicts(found) == ["pass"] * 3
    assert await counts(works) == {"2431": 3}
    assert [seen(one)["seen"] for one in found] == [{}, {"2431": 1}, {"2431": 2}]


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one by one"])
async def test_a_unit_that_says_something_else_than_more_others_fails(works: Services, together: bool) -> None:
    texts = ["2431", "2431", "2432", "2431"]
    found = await judged(works, *texts) if together else [(await judged(works, text))[0] for text in texts]
    assert verdicts(found) == ["pass", "pass", "mixed", "pass"]
    assert found[2].summary.verdict == "fail"
    assert "2432" in found[2].summary.reasons[0]["words"]
    assert await counts(works) == {"2431": 3, "2432": 1}


async def test_the_verdict_can_be_repeated_from_what_was_kept(works: Services) -> None:
    for found in await judged(works, "2431", "2432", "2432", "2431", "2433"):
        kept = seen(found)
        told = mixed(OpenText(kept["expected"], kept["text"]), kept["seen"])
        assert (told is not None) is ("MIXED_LOT" in codes(found))
        assert found.evidence is not None
        assert digest(found.evidence) == found.digest


async def test_another_part_is_told_though_its_zeros_may_be_letters(composed: Composed) -> None:
    works = composed(ReadsNumbers())
    await published(works.database, NUMBERED)
    found = await judged(works, "02", "O2", "00", "0O", "02", recipe="numbered")
    assert verdicts(found)[1:] == ["pass", "mixed", "mixed", "pass"]
    assert seen(found[1])["seen"] == {"02": 1}, "those that look alike are one"
    assert seen(found[4])["seen"] == {"02": 2, "00": 2}


async def test_which_of_many_lines_is_another_is_not_guessed(composed: Composed) -> None:
    """A line that is all open may be any of a mark's: what is held against other units must be clear to the letter."""
    works = composed(ReadsNumbers("SN74LS83N"))
    await published(works.database, OPEN)
    found = await judged(works, "02", "02", "00", recipe="open")
    assert "mixed" not in verdicts(found)


async def test_lots_and_loose_parts_do_not_mix(works: Services) -> None:
    await judged(works, "2431", "2431")
    assert verdicts(await judged(works, "2432", lot="L2")) == ["pass"]
    assert verdicts(await judged(works, "2432", lot=None)) == ["pass"]
    assert await counts(works) == {"2431": 2, "2432": 1}


async def test_what_the_lot_binds_is_verified_and_not_counted(works: Services) -> None:
    await lots.start(works, LotStart("L1", recipe=RECIPE, texts=LotTexts(date="2431")))
    found = await judged(works, "2431", "2432")
    assert [one.summary.verdict for one in found] == ["pass", "fail"]
    assert "UNVERIFIED" not in codes(found[0])
    assert "RIVAL_TEXT" in codes(found[1])
    assert await counts(works) == {}
    assert found[0].evidence is not None
    assert found[0].evidence["lot"] == {"texts": {"date": "2431"}, "on_hold": False, "marks": []}


async def test_attempts_on_a_unit_count_once_and_never_against_itself(works: Services) -> None:
    found = [(await judged(works, text, unit_serial="SN1"))[0] for text in ("2431", "2432", "2431")]
    assert verdicts(found) == ["pass"] * 3, "a unit is no lot: its own first reading says nothing against its second"
    assert await counts(works) == {"2431": 1}
    assert [seen(one)["counted"] for one in found] == [True, False, False]
    again = await judged(works, "2432", "2432", unit_serial="SN2")
    assert verdicts(again) == ["mixed", "mixed"]
    assert await counts(works) == {"2431": 1, "2432": 1}, "two attempts in one batch too"


async def test_a_lot_on_hold_fails_whatever_is_read(works: Services) -> None:
    await taken_in(works, "2431")
    await lots.hold(works, "L1", reason="smeared")
    held = await taken_in(works, "2431", "24")
    unread = await accept(works, dated("2431"), Particulars(lot="L1"))
    await lots.release(works, "L1", reason="cleaned")
    found = await judged(works, "2431")
    assert verdicts(found) == ["pass"]
    async with works.database.session() as session:
        for id_ in (*held, unread):
            one = await inspections.detail(session, id_)
            assert (one.summary.verdict, one.summary.reasons[0]["code"]) == ("fail", "LOT_ON_HOLD")


async def test_many_workers_count_every_unit_once(composed: Composed, works: Services) -> None:
    """Lots in every order, batches of a few, six workers at once: no deadlock, and no unit lost or counted twice."""
    others = [composed(ReadsDates()) for _ in range(6)]
    texts = ["2431", "2432", "2433"]
    for number in range(36):
        for lot in ("L1", "L2", "L3") if number % 2 else ("L3", "L2", "L1"):
            await taken_in(works, texts[number % 3], lot=lot)

    async def work(own: Services) -> None:
        while (batch_id := await next_batch(own, 4, max_unclaimed=100)) is not None:
            await inspect_batch(own, batch_id)

    await asyncio.gather(*(work(own) for own in others))
    assert await states(works) == {"done": 108}
    async with works.database.session() as session:
        found = [(one.text, one.units) for one in await session.scalars(select(LotMark))]
    assert sorted(found) == sorted((text, 12) for text in texts for _ in range(3))


async def test_attempts_judged_by_many_workers_at_once_count_once(composed: Composed, works: Services) -> None:
    others = [composed(ReadsDates()) for _ in range(6)]
    await taken_in(works, *["2431"] * 24, unit_serial="SN1")

    async def work(own: Services) -> None:
        while (batch_id := await next_batch(own, 4, max_unclaimed=100)) is not None:
            await inspect_batch(own, batch_id)

    await asyncio.gather(*(work(own) for own in others))
    assert await states(works) == {"done": 24}
    assert await counts(works) == {"2431": 1}
