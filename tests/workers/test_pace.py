"""A worker lets the urgent overtake, leaves behind what hangs, and hands back what it will not begin."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from core.engines import Clock
from core.frame import Frame
from core.reading import MarkReading
from data.priorities import Priority
from data.queries import inspections
from data.tables import Image, Result
from tests.conftest import ROOT
from tests.workers import run_probe
from tests.workers.conftest import Composed
from tests.workers.fakes import Reads, mark
from tests.workers.queue_probe import picture, results, states, take_in
from tests.workers.test_opening import Stops
from tests.workers.test_worker import _python, _variables
from workers import inspecting, worker
from workers.child import Child, Program
from workers.composition import Services
from workers.inspecting import inspect_batch, inspect_urgent
from workers.intake import Particulars, accept
from workers.outbox import next_batch
from workers.pulse import NoProcess
from workers.relay import Relay


async def batched(services: Services) -> UUID:
    batch_id = await next_batch(services)
    assert batch_id is not None
    return batch_id


class Hangs(Reads):
    """Hangs in the first pictures it is given until it is let go, then reads."""

    def __init__(self, times: int) -> None:
        super().__init__("SN74LS00N")
        self.let_go = threading.Event()
        self._left = times

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        if self._left > 0:
            self._left -= 1
            assert self.let_go.wait(60)
        return mark("SN74LS00N")


class Told(NoProcess):
    """A process that remembers what it was told."""

    def __init__(self) -> None:
        self.beats = 0
        self.left_behind: list[str] = []

    def beat(self, seconds: float) -> None:
        assert seconds > 0
        self.beats += 1

    def stuck(self, what: str) -> None:
        self.left_behind.append(what)

    @property
    def stopping(self) -> bool:  # type: ignore[override]
        return bool(self.left_behind)


async def test_a_picture_that_hangs_rests_and_the_others_go_to_others_at_once(composed: Composed) -> None:
    reader, told = Hangs(times=1), Told()
    services = composed(reader, step_timeout_s=0.3)
    ids = await take_in(services, 3)
    outcome = await inspect_batch(services, await batched(services), pulse=told)
    reader.let_go.set()
    assert (len(outcome.put_back), len(told.left_behind), outcome.judged) == (1, 1, set())
    rows = await run_probe.outbox(services)
    assert sorted(row.attempts for row in rows) == [0, 0, 1]
    assert {row.inspection_id for row in rows} == ids
    other = await inspect_batch(composed(), await batched(services))
    assert other.judged == ids - outcome.put_back


async def test_a_picture_that_always_hangs_is_not_judged_in_the_end(composed: Composed) -> None:
    reader = Hangs(times=9)
    services = composed(reader, step_timeout_s=0.2, max_attempts=1)
    (only,) = await take_in(services, 1)
    await inspect_batch(services, await batched(services), pulse=Told())
    reader.let_go.set()
    async with services.database.session() as session:
        found = await inspections.summary(session, only)
    assert (found.state, found.verdict, found.disposition) == ("done", "not_judged", "pending")
    assert [reason["code"] for reason in found.reasons] == ["TIME_OUT"]


async def test_a_store_that_hangs_is_tried_again(composed: Composed, monkeypatch: pytest.MonkeyPatch) -> None:
    services, told = composed(step_timeout_s=0.2), Told()
    await take_in(services, 1)

    async def forever(address: str) -> bytes:
        await asyncio.sleep(600)
        return b""

    monkeypatch.setattr(services.store, "get", forever)
    outcome = await inspect_batch(services, await batched(services), pulse=told)
    assert (len(outcome.put_back), told.left_behind) == (1, []), "a wait is ended; nothing is left behind"


async def test_before_each_picture_the_process_is_told(composed: Composed) -> None:
    services, told = composed(), Told()
    await take_in(services, 3)
    await inspect_batch(services, await batched(services), pulse=told)
    assert told.beats == 3


async def test_what_is_not_begun_is_handed_back_when_the_process_is_to_end(composed: Composed) -> None:
    services = composed()
    await take_in(services, 5)
    outcome = await inspect_batch(services, await batched(services), pulse=Stops(2))
    assert len(outcome.judged) == 2
    assert await states(services) == {"done": 2, "received": 3}
    assert [row.attempts for row in await run_probe.outbox(services)] == [0, 0, 0]


class Asks(Reads):
    """Has something urgent taken in while it reads its first picture."""

    def __init__(self) -> None:
        super().__init__("SN74LS00N")
        self.begun, self.may_go_on, self.order = threading.Event(), threading.Event(), 0

    def read(self, frame: Frame, clock: Clock) -> MarkReading:
        self.begun.set()
        assert self.may_go_on.wait(60)
        return mark("SN74LS00N")


@pytest.mark.parametrize(
    ("own", "others", "overtakes"),
    [
        pytest.param(Priority.BATCH, Priority.WAITING, True, id="a handler before a batch"),
        pytest.param(Priority.BATCH, Priority.LIVE, True, id="live before a batch"),
        pytest.param(Priority.LIVE, Priority.WAITING, True, id="a handler before live"),
        pytest.param(Priority.LIVE, Priority.LIVE, False, id="not its equal"),
        pytest.param(Priority.LIVE, Priority.BATCH, False, id="not a batch before live"),
    ],
)
async def test_what_is_more_urgent_overtakes_after_the_picture_in_hand(
    composed: Composed, monkeypatch: pytest.MonkeyPatch, own: Priority, others: Priority, overtakes: bool
) -> None:
    monkeypatch.setattr(inspecting, "FLUSH_S", 0.0)
    reader = Asks()
    services = composed(reader)
    first = [await accept(services, picture(), Particulars(priority=own)) for _ in range(3)]
    task = asyncio.create_task(inspect_batch(services, await batched(services)))
    await asyncio.to_thread(reader.begun.wait, 60)
    urgent = await accept(services, picture(), Particulars(priority=others))
    reader.may_go_on.set()
    await task
    done = [each for each in await _in_order(services) if each in {urgent, *first}]
    assert done == ([first[0], urgent, *first[1:]] if overtakes else first)


async def _in_order(services: Services) -> list[UUID]:
    """Inspections as they were judged."""
    async with services.database.session() as session:
        return list(await session.scalars(select(Result.inspection_id).order_by(Result.judged_at)))


async def test_the_urgent_in_a_batch_of_its_own_is_taken_too_and_once(composed: Composed) -> None:
    services = composed()
    urgent = await accept(services, picture(), Particulars(priority=Priority.LIVE))
    batch_id = await batched(services)
    assert (await inspect_urgent(services, than=Priority.BATCH)).judged == {urgent}
    assert (await inspect_batch(services, batch_id)).judged == set()
    assert await results(services) == {urgent}


async def test_what_was_begun_before_does_not_overtake(composed: Composed) -> None:
    """It may take its worker down; it goes in a batch of its own."""
    services = composed()
    await accept(services, picture(), Particulars(priority=Priority.WAITING))
    async with services.database.unit_of_work() as work:
        for row in await run_probe.outbox(services):
            row.attempts = 1
            await work.session.merge(row)
        await work.commit()
    assert (await inspect_urgent(services, than=Priority.BATCH)).judged == set()


async def test_pictures_that_came_one_by_one_are_made_small_by_the_worker(composed: Composed) -> None:
    services = composed()
    (only,) = await take_in(services, 1)
    await inspect_batch(services, await batched(services))
    async with services.database.session() as session:
        image = await inspections.image(session, only)
        row = await session.get_one(Image, image.id)
    assert row.thumbnail is not None
    assert (await services.store.get(row.thumbnail.hex()))[:2] == b"\xff\xd8"


HANGS_WITH_THE_LOCK = """
import re, sys
from data.acting import Actor, act_as
from data.settings import Settings
from workers import heartbeat, worker, worker_process
from workers.composition import compose
from workers.worker_process import WorkerProcess
worker_process.GRACE_S = worker_process.DEAF_S = 0.3
act_as(Actor("system:worker"))
process = WorkerProcess(compose(Settings()), "probe")
worker.watch(process)
print("hangs", flush=True)
async def forever():
    process.beat(0.1)
    re.match(r"(a+)+$", "a" * 64 + "b")  # runs in C, for years, and never lets go of the lock
process._do("a picture", forever)
"""


async def test_native_code_that_holds_pythons_lock_takes_its_process_along(services: Services) -> None:
    lines: list[str] = []
    program = Program(
        "worker", _python("-c", HANGS_WITH_THE_LOCK), Path("/"), environment=_variables(services.settings)
    )
    child = Child(program, lines.append)
    await child.start()
    async with asyncio.timeout(60):
        assert await child.wait() == 1
    assert any("Timeout" in line for line in lines), "it says where it hung"


HANGS_ONCE = """
import time
from core.engines import Engines
from data.acting import Actor, act_as
from data.settings import Settings
from tests.workers import queue_probe
from workers import composition, worker
class Hangs(queue_probe.NothingRead):
    def read(self, frame, clock):
        if frame.pixels[0, 0, 0] == 9:
            time.sleep(600)
        return super().read(frame, clock)
composition._installed_engines = lambda: Engines({"ppocr": Hangs()}, lambda: 0.0)
act_as(Actor("system:worker"))
worker.run(Settings(step_timeout_s=0.3), name="probe")
"""


async def test_a_worker_with_a_thread_left_behind_is_replaced_and_its_batch_goes_on(services: Services) -> None:
    """The process ends by itself, soon, although a thread of it hangs."""
    poison = cv2.imencode(".png", np.full((32, 32, 3), 9, np.uint8))[1].tobytes()
    hung = await accept(services, poison)
    ids = await take_in(services, 3)
    environment: dict[str, Any] = {**_variables(services.settings), "PYTHONPATH": str(ROOT)}
    await Relay(services, workers=1, _swept=float("inf")).turn()
    child = Child(Program("worker", _python("-c", HANGS_ONCE), Path("/"), environment=environment), print)
    await child.start()
    async with asyncio.timeout(60):
        assert await child.wait() == worker.LEFT_BEHIND_CODE
    rows = {row.inspection_id: row.attempts for row in await run_probe.outbox(services)}
    assert rows[hung] == 1
    assert not any(attempts for id_, attempts in rows.items() if id_ in ids)
