"""The real database and the real use cases go where the model of the queue goes, whatever happens in whatever order.

Hypothesis draws what happens next from what the model allows; it is done with the repositories and use cases that relay
and workers call, and what the database then says must be a state that the model allows too. What processes believe, and
what Redis knows, is kept here: it is in no table.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select, text

from data.queries.opening import run_context
from data.queries.queue import Task
from data.repositories.outbox import Claim, Lease
from data.settings import Settings
from data.tables import Inspection, OutboxItem, Result, Run, RunFile
from tests.workers import queue_model
from tests.workers.fakes import engines
from tests.workers.queue_model import NOBODY, Event, File, Item, State, Worker, after, events
from tests.workers.run_probe import pictures, stored_run, zipped
from tests.workers.test_queue_model import ALWAYS
from workers import opening_archive, outbox, runs
from workers.archives import opened
from workers.claiming import Claimed
from workers.composition import Services, compose
from workers.judging import timed_out
from workers.opening import Opening
from workers.opening_archive import _Way
from workers.pulse import NoProcess

LEFT_OUT = {"refuse_member"}
"""Members here are good ones; one is refused only where it seems to end its worker, instead of being opened."""

SWEEP = Event("sweep", what=(0,))
"""May happen at any time, and takes nothing then that somebody holds."""

OFTEN = 12
SELDOM = {"cancel": 1, "kill": 2, "wipe": 2, "rest_file": 2, "file_over": 2, "hand_back": 3, "release": 3, "over": 6}
"""How often something happens, so that most walks come far."""

LONG_S = 3600.0


@dataclass
class Process:
    """What a worker process remembers: its way through the archive, and what it claimed under which lease."""

    way: _Way | None = None
    held: dict[int, tuple[Claimed, Claim, Task]] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def believes(self) -> Worker:
        return Worker(frozenset(self.held), self.way is not None)


class Plant:
    """One run in the real database, with what is in no table beside it."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.processes = [Process(), Process()]
        self.told: set[UUID] = set()
        self._batches: dict[UUID, int] = {}
        self._tokens: dict[UUID, int] = {}
        self.run_id = UUID(int=0)

    async def begin(self) -> None:
        self.run_id = await stored_run(self.services, {"lot.zip": zipped(pictures(2))})

    async def end(self) -> None:
        for process in self.processes:
            process.stack.close()
        await runs.cancel(self.services, self.run_id)
        await self.services.close()

    async def do(self, event: Event) -> None:
        if event.name == "batch":
            await self._batch_up()
            return
        await getattr(self, f"_{event.name}")(*([event.who] if event.who != NOBODY else []), *event.what[:1])

    async def state(self, retries: int) -> State:
        """Return what the database and the processes say."""
        async with self.services.database.session() as session:
            run = await session.get_one(Run, self.run_id)
            now = (await session.scalars(select(func.clock_timestamp()))).one()
            archive = (await session.scalars(select(RunFile).where(self._is_archive()))).one()
            rows = {row.inspection_id: row for row in await session.scalars(select(OutboxItem))}
            made = await self._made()
            ids = set(await session.scalars(select(Result.inspection_id).where(Result.inspection_id.in_(list(made)))))
        items = [self._item(made[id_], rows.get(id_), now, results=int(id_ in ids)) for id_ in sorted(made)]
        holder = self._tokens.get(archive.lease_token, NOBODY) if archive.lease_token else NOBODY
        standing = archive.lease_until is not None and archive.lease_until > now
        return State(
            run=run.state,
            file=File(archive.state, archive.members_done, holder, standing),
            items=(*items, *[Item()] * (2 - len(items))),
            workers=tuple(process.believes for process in self.processes),
            retries=retries,
        )

    def _item(self, found: Inspection, row: OutboxItem | None, now: Any, *, results: int) -> Item:
        if row is None:
            return Item(found.state, results=results)
        if row.batch_id is None:
            return Item(found.state, "waiting", row.attempts, results=results)
        if row.lease_token is None:
            batch, told = self._batches[row.batch_id], row.batch_id in self.told
            return Item(found.state, "batched", row.attempts, batch, told, results=results)
        standing = row.lease_until is not None and row.lease_until > now
        holder = self._tokens[row.lease_token]
        return Item(found.state, "leased", row.attempts, holder=holder, standing=standing, results=results)

    def _is_archive(self) -> Any:
        return (RunFile.run_id == self.run_id) & RunFile.parent_id.is_(None)

    async def _made(self) -> dict[UUID, Inspection]:
        async with self.services.database.session() as session:
            found = await session.scalars(select(Inspection).where(Inspection.run_id == self.run_id))
            return {each.id: each for each in found}

    def _lease(self, who: int) -> Lease:
        lease = Lease(self.services.database.ids(), LONG_S, str(who))
        self._tokens[lease.token] = who
        return lease

    def _batch_of(self, label: int) -> UUID:
        return next(id_ for id_, known in reversed(self._batches.items()) if known == label)

    async def _sql(self, words: str, **values: object) -> None:
        async with self.services.database.unit_of_work() as work:
            await work.session.execute(text(words), values)
            await work.commit()

    async def _claim_file(self, who: int) -> None:
        opening = Opening(self.services, str(who), LONG_S, NoProcess())
        opening.lease = self._lease(who)
        (claim,) = await opening.claim()
        async with self.services.database.session() as session:
            context = await run_context(session, claim.run_id)
        process = self.processes[who]
        file = process.stack.enter_context(self.services.store.open(claim.address))
        held = process.stack.enter_context(opened(file, self.services.archive_limits, 10**6))
        process.way = _Way(opening, claim, context, held)

    def _way(self, who: int) -> _Way:
        way = self.processes[who].way
        assert way is not None
        return way

    async def _open_member(self, who: int) -> None:
        if not await self._way(who).slice():
            self.processes[who].way = None

    async def _end_file(self, who: int) -> None:
        await self._way(who).end()
        self.processes[who].way = None

    async def _rest_file(self, who: int) -> None:
        await self._way(who).rest()
        self.processes[who].way = None

    async def _file_over(self) -> None:
        over = "UPDATE run_files SET lease_until = now() - interval '1 s' WHERE run_id = :run_id AND state = 'opening'"
        await self._sql(over, run_id=self.run_id)

    async def _batch_up(self) -> None:
        batch_id = await outbox.next_batch(self.services)
        assert batch_id is not None
        made = sorted(await self._made())
        async with self.services.database.session() as session:
            chosen = await session.scalars(select(OutboxItem.inspection_id).where(OutboxItem.batch_id == batch_id))
            self._batches[batch_id] = min(made.index(id_) for id_ in chosen)

    async def _tell(self, label: int) -> None:
        self.told.add(self._batch_of(label))

    async def _wipe(self) -> None:
        self.told.clear()

    async def _hand_back(self, label: int) -> None:
        await outbox.hand_back(self.services, self._batch_of(label))

    async def _sweep(self, at: int) -> None:
        await outbox.requeue_expired(self.services, unclaimed_s=10 * LONG_S)

    async def _settle(self) -> None:
        await runs.settle(self.services)

    async def _kill(self, who: int) -> None:
        self.processes[who] = Process(stack=self.processes[who].stack)

    async def _claim(self, who: int, label: int) -> None:
        batch_id = self._batch_of(label)
        await self._take(who, lambda work, lease: work.outbox.claim(batch_id, lease))

    async def _overtake(self, who: int, at: int) -> None:
        await self._take(who, lambda work, lease: work.outbox.claim_urgent(lease, than=100, limit=1))

    async def _take(self, who: int, claiming: Any) -> None:
        claimed = Claimed(self.services, self._lease(who))
        places = sorted(await self._made())
        for claim, task in await claimed.claim(claiming):
            self.processes[who].held[places.index(claim.inspection_id)] = (claimed, claim, task)

    async def _finish(self, who: int, at: int) -> None:
        claimed, claim, task = self.processes[who].held.pop(at)
        await claimed.write([timed_out(task, attempts=claim.attempts)])

    async def _fail(self, who: int, at: int) -> None:
        claimed, claim, task = self.processes[who].held.pop(at)
        if claim.attempts >= self.services.settings.max_attempts:
            await claimed.give_up(claim, task, code="ENGINE_FAILED", detail="It broke.")
        else:
            await claimed.put_back(claim, rest_s=0, error="It broke.")

    async def _release(self, who: int, at: int) -> None:
        claimed, claim, _ = self.processes[who].held.pop(at)
        await claimed.release([claim.inspection_id])

    async def _over(self, at: int) -> None:
        inspection_id = sorted(await self._made())[at]
        over = "UPDATE outbox SET lease_until = now() - interval '1 s' WHERE inspection_id = :id"
        await self._sql(over, id=inspection_id)

    async def _cancel(self) -> None:
        assert await runs.cancel(self.services, self.run_id)

    async def _retry(self) -> None:
        assert await runs.retry(self.services, self.run_id) > 0


def allowed(state: State, event: Event) -> set[State]:
    """Return the states that may follow when something of that kind is done by that worker.

    Which rows it takes is for the code to say, in an order that the model leaves open. A sweep takes all at once; a
    worker settles what it has brought, where it sees it.
    """
    names = {event.name, "refuse_member"} if event.name == "open_member" else {event.name}
    alike = {one for one, _ in events(state) if one.name in names and one.who == event.who}
    exact = {event} if event.name in {"finish", "fail", "release", "over", "claim", "hand_back", "tell"} else alike
    following = {each for one in exact for each in after(state, one)}
    if event.name == "sweep":
        following = {_swept(state)}
    settled = {each._replace(run=queue_model.settled_run(each)) for each in following}
    return following | settled


def _swept(state: State) -> State:
    while True:
        ahead = next((each for one, each in events(state) if one.name == "sweep"), None)
        if ahead is None:
            return state
        state = ahead


def machine(of: Settings, happened: Counter[str]) -> type[RuleBasedStateMachine]:
    """Return the machine for the database that the settings name; it counts there what has happened."""

    class QueueMachine(RuleBasedStateMachine):
        """The plant and its model, side by side."""

        def __init__(self) -> None:
            super().__init__()
            self.runner = asyncio.Runner()
            self.plant = Plant(compose(of, load_engines=engines()))
            self.model = State()

        @initialize()
        def begin(self) -> None:
            self.runner.run(self.plant.begin())

        @rule(data=st.data())
        def happens(self, data: st.DataObject) -> None:
            known = sorted({SWEEP, *(event for event, _ in events(self.model) if event.name not in LEFT_OUT)})
            may = [event for event in known for _ in range(SELDOM.get(event.name, OFTEN))]
            if not may:
                return
            event = data.draw(st.sampled_from(may), label="event")
            self.runner.run(self.plant.do(event))
            retries = self.model.retries - (event.name == "retry")
            now = self.runner.run(self.plant.state(retries))
            assert now in allowed(self.model, event), f"{event} led from {self.model} to {now}"
            self.model = now
            happened[event.name] += 1

        @invariant()
        def what_must_always_be_true_is(self) -> None:
            assert [rule for rule, holds in ALWAYS.items() if not holds(self.model)] == []

        def teardown(self) -> None:
            self.runner.run(self.plant.end())
            self.runner.close()

    return QueueMachine


def test_the_code_goes_where_the_model_goes(emptied: None, postgres: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening_archive, "SLICE_MEMBERS", 1)
    few_attempts = postgres.model_copy(update={"max_attempts": queue_model.MOST_ATTEMPTS})
    walk = settings(
        max_examples=12,
        stateful_step_count=50,
        phases=(Phase.generate,),  # a walk through a database is not made shorter: each step of it is told anyway
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    happened: Counter[str] = Counter()
    run_state_machine_as_test(machine(few_attempts, happened), settings=walk)
    assert happened.total() > 100
    assert len(happened) > 10
