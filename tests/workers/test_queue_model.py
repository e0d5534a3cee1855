"""Every state that a small plant can come to is visited, and what must always be true is true in each of them.

The plant (`queue_model`) moves by the tables that the code runs, so a wrong table fails here; that the code does what
the model does is shown by `test_queue_machine`, against the real database.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import pytest

from data.tables import (
    ENDED_RUNS,
    FILE_TRANSITIONS,
    FINAL_STATES,
    QUEUE_STEPS,
    RUN_TRANSITIONS,
    SETTLEMENT,
    TRANSITIONS,
    QueuePlace,
    RunState,
)
from tests.workers.queue_model import BY_BAD_LUCK, BY_PERSONS, Event, State, events

Graph = dict[State, list[tuple[Event, State]]]

LEAST_STATES = 80_000
"""Fewer, and the model has lost something."""


@pytest.fixture(scope="module")
def graph() -> Graph:
    """Every state that can be reached, with what may happen in it. Workers are alike: who is who is left out."""
    one: dict[State, State] = {}
    found: Graph = {}
    ahead = deque([State()])
    while ahead:
        state = ahead.popleft()
        if state in found:
            continue
        following = [(event, _who_is_who(after)) for event, after in events(state)]
        found[state] = [(event, one.setdefault(after, after)) for event, after in following]  # each is kept once
        ahead.extend(after for _, after in found[state] if after not in found)
    return found


def _who_is_who(state: State) -> State:
    """Return the state itself, or with its two workers exchanged: of two that differ by no more, always the same."""
    other = {0: 1, 1: 0, -1: -1}
    swapped = state._replace(
        file=state.file._replace(holder=other[state.file.holder]),
        items=tuple(item._replace(holder=other[item.holder]) for item in state.items),
        workers=state.workers[::-1],
    )
    return min(state, swapped, key=hash)


def test_the_whole_of_it_was_visited(graph: Graph) -> None:
    assert len(graph) > LEAST_STATES
    names = {event.name for happening in graph.values() for event, _ in happening}
    assert names == {
        *("claim_file", "open_member", "refuse_member", "end_file", "rest_file", "file_over"),
        *("batch", "tell", "hand_back", "claim", "overtake", "finish", "fail", "release", "over", "sweep"),
        *("settle", "kill", "wipe", "cancel", "retry"),
    }
    assert {state.run for state in graph} == {"stored", "queued", "running", "done", "failed", "cancelled"}


_STATES: dict[QueuePlace, set[str]] = {
    place: {step.state for step in QUEUE_STEPS.values() if step.to == place}
    for place in ("absent", "waiting", "batched", "leased")
}

ALWAYS: dict[str, Callable[[State], bool]] = {
    "an inspection has one result at the most": lambda state: all(item.results <= 1 for item in state.items),
    "it has one if and only if it is done": lambda state: all(
        (item.results == 1) is (item.state == "done") for item in state.items
    ),
    "what is in no queue has ended": lambda state: all(
        (item.place == "absent") is (item.state is None or item.state in FINAL_STATES) for item in state.items
    ),
    "an inspection is where its row is": lambda state: all(
        item.state is None or item.state in _STATES[item.place] for item in state.items
    ),
    "of a cancelled run nothing is left": lambda state: (
        state.run != "cancelled"
        or (all(item.place == "absent" for item in state.items) and state.file.state not in {"stored", "opening"})
    ),
    "only a cancelled run has cancelled inspections": lambda state: (
        state.run == "cancelled" or all(item.state != "cancelled" for item in state.items)
    ),
    "a run that is done was judged, and waits for nothing": lambda state: (
        state.run != "done" or (state.is_over and any(item.state == "done" for item in state.items))
    ),
    "a run that failed was not judged, and waits for nothing": lambda state: (
        state.run != "failed" or (state.is_over and all(item.state != "done" for item in state.items))
    ),
    "a run goes on only when all its files are opened": lambda state: (
        state.run in {"stored", "cancelled", "failed"} or state.file.state == "opened"
    ),
    "a member is opened once": lambda state: len(state.made) <= state.file.done,
    "a lease has a holder, and nothing else has": lambda state: all(
        (item.place == "leased") is (item.holder >= 0) for item in state.items
    ),
    "what is batched is in a batch, and nothing else is": lambda state: all(
        (item.place == "batched") is (item.batch >= 0) for item in state.items
    ),
    "attempts are not counted below none": lambda state: all(item.attempts >= 0 for item in state.items),
}


@pytest.mark.parametrize("rule", ALWAYS)
def test_what_must_always_be_true_is(graph: Graph, rule: str) -> None:
    assert next((state for state in graph if not ALWAYS[rule](state)), None) is None


def test_nothing_goes_where_no_table_says(graph: Graph) -> None:
    for state, happening in graph.items():
        for event, after in happening:
            told = (event, state, after)
            assert after.run == state.run or _may_go(state.run, after.run), told
            assert after.file.state == state.file.state or after.file.state in FILE_TRANSITIONS[state.file.state], told
            for before, now in zip(state.items, after.items, strict=True):
                known = before.state is None or before.state == now.state or now.state in TRANSITIONS[before.state]
                assert known, told


def _may_go(origin: RunState, to: RunState) -> bool:
    """Whether a run may go there; by itself it may go several ways at once."""
    ways = (step.to for step in SETTLEMENT if step.origin == origin)
    return to in RUN_TRANSITIONS[origin] or any(_may_go(way, to) for way in ways)


def test_what_has_ended_changes_only_by_a_person(graph: Graph) -> None:
    """Nobody who comes late changes a result, a failure or a cancellation."""
    for state, happening in graph.items():
        for event, after in happening:
            if event.name == "retry":
                continue
            assert state.run not in ENDED_RUNS or after.run == state.run, (event, state, after)
            for before, now in zip(state.items, after.items, strict=True):
                assert before.state not in FINAL_STATES or before == now, (event, state, after)


def test_a_result_comes_only_from_who_holds_the_lease(graph: Graph) -> None:
    for state, happening in graph.items():
        for event, after in happening:
            gained = [at for at, item in enumerate(after.items) if item.results > state.items[at].results]
            for at in gained:
                assert event.name == "finish", event
                assert (state.items[at].holder, state.items[at].standing) == (event.who, True), (event, state)


def test_late_results_were_tried_and_refused(graph: Graph) -> None:
    """The model can be late in every way: after a lost lease, a second claim, a result, a cancel."""
    late = {
        state.items[event.what[0]].place
        for state, happening in graph.items()
        for event, after in happening
        if event.name == "finish" and after.items == state.items
    }
    assert late == {"absent", "waiting", "batched", "leased"}


def test_from_everywhere_everything_comes_to_its_end(graph: Graph) -> None:
    """Nothing is ever lost: whatever happened, an end is reached with nobody's help and no bad luck needed."""
    backwards: dict[State, list[State]] = {}
    for state, happening in graph.items():
        for event, after in happening:
            if event.name not in BY_PERSONS | BY_BAD_LUCK:
                backwards.setdefault(after, []).append(state)
    reaching = {state for state in graph if state.is_over}
    ahead = deque(reaching)
    while ahead:
        for state in backwards.get(ahead.popleft(), ()):
            if state not in reaching:
                reaching.add(state)
                ahead.append(state)
    assert next((state for state in graph if state not in reaching), None) is None


def test_where_nothing_happens_by_itself_all_is_over(graph: Graph) -> None:
    for state, happening in graph.items():
        moves = [event for event, after in happening if event.name not in BY_PERSONS | BY_BAD_LUCK and after != state]
        assert moves or state.is_over, state


def test_what_failed_can_be_tried_anew_unless_its_run_was_cancelled(graph: Graph) -> None:
    for state, happening in graph.items():
        failed = state.retries > 0 and any(item.state == "failed" for item in state.items)
        may = any(event.name == "retry" for event, _ in happening)
        assert may is (failed and state.run != "cancelled"), state


def test_no_run_waits_for_what_is_over(graph: Graph) -> None:
    """Wherever all inspections have ended and all files are opened, settling alone ends the run."""
    for state, happening in graph.items():
        ended = all(item.state is None or item.state in FINAL_STATES for item in state.items)
        if ended and state.file.state == "opened" and state.run not in ENDED_RUNS:
            (settled,) = [after for event, after in happening if event.name == "settle"]
            assert settled.run in ENDED_RUNS, state
