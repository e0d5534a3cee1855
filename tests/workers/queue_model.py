"""The queue as a pure transition system: what may happen next, by the very tables that the code runs.

A small plant: one run with an archive of two pictures, two workers, relay and sweeper, a Redis that forgets, leases
whose time is over while their holders sleep, workers that are killed, a person who cancels and retries. `events`
returns everything that may happen in a state; nothing here decides what is right, that is for the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from data.tables import (
    ENDED_RUNS,
    FILE_TRANSITIONS,
    QUEUE_STEPS,
    RETRYABLE,
    SETTLEMENT,
    FileState,
    InspectionState,
    QueuePlace,
    RunFact,
    RunState,
)

MOST_ATTEMPTS = 2
NOBODY = -1


class Item(NamedTuple):
    """One inspection, its row of the outbox, and how many results it has. `state` is None before it is made."""

    state: InspectionState | None = None
    place: QueuePlace = "absent"
    attempts: int = 0
    batch: int = NOBODY
    told: bool = False
    holder: int = NOBODY
    standing: bool = False
    results: int = 0


class File(NamedTuple):
    """The archive: how far it was opened, and by whom."""

    state: FileState = "stored"
    done: int = 0
    holder: int = NOBODY
    standing: bool = False


class Worker(NamedTuple):
    """What a worker believes to hold; it may be wrong."""

    items: frozenset[int] = frozenset()
    file: bool = False


class State(NamedTuple):
    """Everything that matters, in every process and in the database. There are as many members as items."""

    run: RunState = "stored"
    file: File = File()
    items: tuple[Item, ...] = (Item(), Item())
    workers: tuple[Worker, ...] = (Worker(), Worker())
    retries: int = 1

    @property
    def made(self) -> tuple[int, ...]:
        """The inspections that were made."""
        return tuple(at for at, item in enumerate(self.items) if item.state is not None)

    @property
    def is_over(self) -> bool:
        """Whether nothing is owed to anybody any more."""
        return self.run in ENDED_RUNS and all(item.place == "absent" for item in self.items)


class Event(NamedTuple):
    """Something that happens: what, who does it, to which inspections."""

    name: str
    who: int = NOBODY
    what: tuple[int, ...] = ()


BY_PERSONS = frozenset({"cancel", "retry"})
BY_BAD_LUCK = frozenset({"kill", "wipe"})

Next = Iterator[tuple[Event, State]]


def events(state: State) -> Next:
    """Yield what may happen, with the state that follows."""
    yield from _of_files(state)
    yield from _of_the_relay(state)
    for who in range(len(state.workers)):
        yield from _of_a_worker(state, who)
    yield from _of_time(state)
    yield from _of_persons(state)


def after(state: State, event: Event) -> frozenset[State]:
    """Return the states that may follow an event; none where it cannot happen."""
    return frozenset(following for happened, following in events(state) if happened == event)


def _moved(item: Item, name: str, **fields: object) -> Item:
    """Take a step of the table; what the step does not allow is an error of the model."""
    step = QUEUE_STEPS[name]
    assert item.place in step.origins, (name, item)
    assert not (step.lease == "over" and item.standing), (name, item)
    held = {} if step.to == "leased" else {"holder": NOBODY, "standing": False}
    kept = {} if step.to == "batched" else {"batch": NOBODY, "told": False}
    attempts = 0 if step.to == "absent" else item.attempts + step.attempts
    return item._replace(place=step.to, state=step.state, attempts=attempts, **held, **kept, **fields)  # type: ignore[arg-type]


def _with(state: State, changed: dict[int, Item]) -> State:
    return state._replace(items=tuple(changed.get(at, item) for at, item in enumerate(state.items)))


def _believing(state: State, who: int, worker: Worker) -> State:
    return state._replace(workers=tuple(worker if at == who else each for at, each in enumerate(state.workers)))


def _of_files(state: State) -> Next:
    file = state.file
    for who, worker in enumerate(state.workers):
        free = file.state == "stored" or (file.state == "opening" and not file.standing)
        if state.run == "stored" and free and not worker.file:
            claimed = file._replace(state="opening", holder=who, standing=True)
            yield Event("claim_file", who), _believing(state._replace(file=claimed), who, worker._replace(file=True))
        if worker.file:
            yield from _of_an_opener(state, who)


def _of_an_opener(state: State, who: int) -> Next:
    file = state.file
    stands = state.run == "stored" and file.state == "opening" and file.holder == who and file.standing
    idle = _believing(state, who, state.workers[who]._replace(file=False))
    if not stands:
        yield Event("open_member", who), idle
        return
    if file.done < len(state.items):
        further = state._replace(file=file._replace(done=file.done + 1))
        new = len(state.made)
        yield Event("open_member", who), _with(further, {new: _moved(state.items[new], "accept")})
        yield Event("refuse_member", who), further
    else:
        yield Event("end_file", who), idle._replace(file=File("opened", file.done))
    assert "stored" in FILE_TRANSITIONS["opening"]
    yield Event("rest_file", who), idle._replace(file=File("stored", file.done))


def _of_the_relay(state: State) -> Next:
    waiting = [at for at in state.made if state.items[at].place == "waiting"]
    fresh = [at for at in waiting if state.items[at].attempts == 0]
    together = [chosen for count in range(1, len(fresh) + 1) for chosen in combinations(fresh, count)]
    alone = [(at,) for at in waiting if state.items[at].attempts > 0]
    for chosen in (*together, *alone):
        batched = {at: _moved(state.items[at], "batch", batch=chosen[0]) for at in chosen}
        yield Event("batch", what=chosen), _with(state, batched)
    for batch in sorted({item.batch for item in state.items if item.place == "batched"}):
        rows = {at: item for at, item in enumerate(state.items) if item.place == "batched" and item.batch == batch}
        if not all(item.told for item in rows.values()):
            yield Event("tell", what=(batch,)), _with(state, {at: row._replace(told=True) for at, row in rows.items()})
            handed_back = {at: _moved(row, "hand_back") for at, row in rows.items()}
            yield Event("hand_back", what=(batch,)), _with(state, handed_back)
    for at, item in enumerate(state.items):
        if item.place == "leased" and not item.standing:
            name = "drop" if item.attempts >= MOST_ATTEMPTS else "lose"
            yield Event("sweep", what=(at,)), _with(state, {at: _moved(item, name)})
    settled = settled_run(state)
    if settled != state.run:
        yield Event("settle"), state._replace(run=settled)


def settled_run(state: State) -> RunState:
    """Return where the run goes by itself."""
    run = state.run
    facts = facts_of(state)
    for step in SETTLEMENT:
        if run == step.origin and all(facts[fact] is wanted for fact, wanted in step.facts.items()):
            run = step.to
    return run


def facts_of(state: State) -> dict[RunFact, bool]:
    """Return what is true of the run's rows."""
    return {
        "unopened": state.file.state in {"stored", "opening"},
        "made": bool(state.made),
        "begun": any(item.state in {"running", "done", "failed"} for item in state.items),
        "waiting": any(item.place != "absent" for item in state.items),
        "judged": any(item.state == "done" for item in state.items),
    }


def _of_a_worker(state: State, who: int) -> Next:
    worker = state.workers[who]
    if worker.items or worker.file:
        yield Event("kill", who), _believing(state, who, Worker())
    told = {item.batch for item in state.items if item.place == "batched" and item.told}
    for batch in sorted(told) if not worker.items else ():
        rows = {at: item for at, item in enumerate(state.items) if item.place == "batched" and item.batch == batch}
        yield Event("claim", who, (batch,)), _claimed(state, who, rows, "claim")
    for at in state.made:
        item = state.items[at]
        if item.place in QUEUE_STEPS["overtake"].origins and item.attempts == 0 and at not in worker.items:
            yield Event("overtake", who, (at,)), _claimed(state, who, {at: item}, "overtake")
    for at in sorted(worker.items):
        yield from _of_a_picture(state, who, at)


def _claimed(state: State, who: int, rows: dict[int, Item], name: str) -> State:
    worker = state.workers[who]
    held = {at: _moved(row, name, holder=who, standing=True) for at, row in rows.items()}
    return _believing(_with(state, held), who, worker._replace(items=worker.items | frozenset(rows)))


def _of_a_picture(state: State, who: int, at: int) -> Next:
    """Yield what a worker may bring of a picture it believes to hold; what comes late is refused and forgotten."""
    worker, item = state.workers[who], state.items[at]
    without = _believing(state, who, worker._replace(items=worker.items - {at}))
    stands = item.place == "leased" and item.holder == who and item.standing
    last = item.attempts >= MOST_ATTEMPTS
    brings = {"finish": "finish", "fail": "give_up" if last else "put_back", "release": "release"}
    for name, step in brings.items():
        if not stands:
            yield Event(name, who, (at,)), without
            continue
        result = {"results": item.results + 1} if name == "finish" else {}
        yield Event(name, who, (at,)), _with(without, {at: _moved(item, step, **result)})


def _of_time(state: State) -> Next:
    for at, item in enumerate(state.items):
        if item.place == "leased" and item.standing:
            yield Event("over", what=(at,)), _with(state, {at: item._replace(standing=False)})
    if state.file.state == "opening" and state.file.standing:
        yield Event("file_over"), state._replace(file=state.file._replace(standing=False))
    if any(item.told for item in state.items):
        yield Event("wipe"), _with(state, {at: item._replace(told=False) for at, item in enumerate(state.items)})


def _of_persons(state: State) -> Next:
    if state.run not in ENDED_RUNS:
        rows = {at: item for at, item in enumerate(state.items) if item.place != "absent"}
        file = state.file
        if "cancelled" in FILE_TRANSITIONS[file.state]:
            file = File("cancelled", file.done)
        ended = _with(state, {at: _moved(item, "cancel") for at, item in rows.items()})
        yield Event("cancel"), ended._replace(run="cancelled", file=file)
    failed = {at: item for at, item in enumerate(state.items) if item.state == "failed"}
    if state.retries and failed and state.run in RETRYABLE:
        again = _with(state, {at: _moved(item, "retry") for at, item in failed.items()})
        run: RunState = "queued" if state.run in ENDED_RUNS else state.run
        yield Event("retry"), again._replace(run=run, retries=state.retries - 1)
