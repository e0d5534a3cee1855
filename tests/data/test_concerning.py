"""Whoever works on something says so once, and what is logged in its course can name it."""

from __future__ import annotations

import asyncio
import contextvars
from uuid import UUID

import pytest

from data.concerning import IDS, concerned, concerning, learn

RUN, INSPECTION, BATCH = (UUID(int=number) for number in (1, 2, 3))


def test_outside_nothing_is_concerned() -> None:
    assert concerned() == {}


def test_inner_ids_join_the_outer_ones_and_end_with_their_block() -> None:
    with concerning(batch_id=BATCH):
        with concerning(inspection_id=INSPECTION, run_id=RUN):
            assert concerned() == {"batch_id": str(BATCH), "inspection_id": str(INSPECTION), "run_id": str(RUN)}
        assert concerned() == {"batch_id": str(BATCH)}
    assert concerned() == {}


def test_what_is_not_known_takes_nothing_away() -> None:
    with concerning(run_id=RUN), concerning(run_id=None, inspection_id=INSPECTION):
        assert concerned() == {"run_id": str(RUN), "inspection_id": str(INSPECTION)}


def test_an_error_ends_the_block_too() -> None:
    with pytest.raises(RuntimeError), concerning(run_id=RUN):
        raise RuntimeError
    assert concerned() == {}


async def test_what_is_learned_in_a_task_or_a_thread_is_known_around_it() -> None:
    async def in_a_task() -> None:
        await asyncio.to_thread(learn, inspection_id=INSPECTION)

    with concerning(run_id=RUN):
        with concerning():
            await asyncio.create_task(in_a_task())
            assert concerned() == {"run_id": str(RUN), "inspection_id": str(INSPECTION)}
        assert concerned() == {"run_id": str(RUN)}


async def test_tasks_beside_each_other_concern_their_own() -> None:
    async def one(number: int) -> dict[str, str]:
        with concerning(inspection_id=UUID(int=number)):
            await asyncio.sleep(0)
            return concerned()

    told = await asyncio.gather(*(one(number) for number in range(5)))
    assert told == [{"inspection_id": str(UUID(int=number))} for number in range(5)]


def test_outside_nobody_learns() -> None:
    def run() -> dict[str, str]:
        learn(run_id=RUN)
        return concerned()

    assert contextvars.copy_context().run(run) == {}


def test_what_is_returned_is_a_copy() -> None:
    with concerning(run_id=RUN):
        concerned()["run_id"] = "another"
        assert concerned() == {"run_id": str(RUN)}


@pytest.mark.parametrize("use", [lambda: concerning(lot_id=RUN).__enter__(), lambda: learn(lot_id=RUN)])
def test_other_ids_than_those_of_the_table_are_refused(use) -> None:
    assert "lot_id" not in IDS
    with pytest.raises(TypeError, match="expected ids of run_id, inspection_id, batch_id, got lot_id"):
        use()
