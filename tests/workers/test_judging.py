"""A unit is judged by its pictures, in its region of them, with what its lot said when they came in."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
import pytest

from core.engines import Clock
from core.errors import LotTextInvalid
from core.frame import Frame
from core.reading import MarkReading
from data.queries.queue import Task, TaskPicture
from tests.data.rows import MOMENT, recipe
from tests.workers.conftest import Composed
from tests.workers.fakes import Reads, mark
from workers.composition import Services
from workers.judging import Judged, judge_task

DATED = recipe(variants=[{"name": "standard", "lines": [{"text": "{YYWW}"}]}])
CORNERS = [[8, 4], [39, 4], [39, 27], [8, 27]]


class ReadsBright(Reads):
    """Reads nothing in a dark picture, and keeps the sizes it was shown."""

    def __init__(self, *texts: str) -> None:
        super().__init__(*texts)
        self.sizes: list[tuple[int, int]] = []

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        self.sizes.append(frame.size_wh)
        return self._reading if frame.pixels.mean() > 100 else mark()


def png(level: int) -> bytes:
    return cv2.imencode(".png", np.full((48, 64, 3), level, np.uint8))[1].tobytes()


async def judged(services: Services, *data: bytes, region: Any = None, **told: Any) -> Judged:
    pictures = tuple(TaskPicture(at, f"{at:064}", f"light {at}", region) for at in range(len(data)))
    said = {"recipe": DATED.to_document(), **told}
    return await judge_task(services, Task(uuid4(), uuid4(), pictures, MOMENT, **said), data, attempts=1)


async def test_the_picture_that_reads_best_is_judged(composed: Composed) -> None:
    found = await judged(composed(ReadsBright("2531")), png(0), png(255))
    assert (found.inspection.verdict, found.inspection.picture) == ("pass", 1)
    evidence = json.loads(found.result().evidence)
    assert evidence["picture"] == 1
    assert [one["lighting"] for one in evidence["pictures"]] == ["light 0", "light 1"]


@pytest.mark.parametrize("broken", [0, 1])
async def test_a_picture_that_cannot_be_decoded_leaves_the_others(composed: Composed, broken: int) -> None:
    data = [png(255), png(255)]
    data[broken] = b"damaged"
    found = await judged(composed(ReadsBright("2531")), *data)
    assert (found.inspection.verdict, found.inspection.picture) == ("pass", 1 - broken)


async def test_nothing_that_can_be_decoded_is_not_judged(composed: Composed) -> None:
    found = await judged(composed(ReadsBright("2531")), b"damaged", b"cut off")
    assert (found.inspection.verdict, [told.code for told in found.inspection.reasons]) == (
        "not_judged", ["IMAGE_UNUSABLE"],
    )  # fmt: skip


async def test_the_units_region_alone_is_read(composed: Composed) -> None:
    reader = ReadsBright("2531")
    found = await judged(composed(reader), png(255), region={"quad": CORNERS})
    assert reader.sizes == [(32, 24)]
    assert json.loads(found.result().evidence)["outline"][0] == [8.0, 4.0], "told where it lies in the whole picture"


async def test_a_region_beside_the_picture_is_not_judged(composed: Composed) -> None:
    away = {"quad": [[x + 500, y] for x, y in CORNERS]}
    found = await judged(composed(ReadsBright("2531")), png(255), region=away)
    assert found.inspection.verdict == "not_judged"
    assert "region" in found.inspection.reasons[0].words


@pytest.mark.parametrize(
    ("texts", "verdict", "codes"),
    [
        pytest.param(None, "pass", ["UNVERIFIED"], id="no lot's texts"),
        pytest.param({"date": "2531"}, "pass", [], id="the right date"),
        pytest.param({"date": "2527"}, "fail", ["RIVAL_TEXT"], id="another date"),
        pytest.param({"date": "2701"}, "fail", ["RIVAL_TEXT"], id="a date that has not come"),
    ],
)
async def test_the_lots_texts_are_verified(
    composed: Composed, texts: dict[str, str] | None, verdict: str, codes: list[str]
) -> None:
    found = await judged(composed(ReadsBright("2531")), png(255), lot_id=uuid4(), lot_texts=texts)
    assert (found.inspection.verdict, [told.code for told in found.inspection.reasons]) == (verdict, codes)
    assert json.loads(found.result().evidence)["lot"] == {"texts": texts or {}, "on_hold": False, "marks": []}


async def test_a_date_that_the_lot_says_is_still_held_against_the_day_of_the_picture(composed: Composed) -> None:
    found = await judged(composed(ReadsBright("2701")), png(255), lot_id=uuid4(), lot_texts={"date": "2701"})
    assert [told.code for told in found.inspection.reasons] == ["DATE_IN_FUTURE"]


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({}, id="what would pass"),
        pytest.param({"recipe": None}, id="what is only read"),
        pytest.param({"data": b"damaged"}, id="what cannot be decoded"),
    ],
)
async def test_a_lot_on_hold_fails(composed: Composed, told: dict[str, Any]) -> None:
    data = told.pop("data", png(255))
    found = await judged(composed(ReadsBright("2531")), data, lot_id=uuid4(), lot_on_hold=True, **told)
    assert found.inspection.verdict == "fail"
    assert found.inspection.reasons[0].code == "LOT_ON_HOLD"


async def test_texts_that_the_recipe_cannot_hold_are_an_error_and_no_verdict(composed: Composed) -> None:
    with pytest.raises(LotTextInvalid):
        await judged(composed(ReadsBright("2531")), png(255), lot_texts={"trace": "7"})
