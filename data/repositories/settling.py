"""Brings runs to where their rows say they are, or to where a person wants them. Rules: `data.tables.run`."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate

from data.tables import (
    ENDED_RUNS,
    FILE_TRANSITIONS,
    QUEUE_STEPS,
    RUN_TRANSITIONS,
    SETTLEMENT,
    TRANSITIONS,
    Inspection,
    OutboxItem,
    Run,
    RunFact,
    RunFile,
    RunState,
    RunStep,
)

_ORIGINS = frozenset(step.origin for step in SETTLEMENT)

_OF_RUN = Inspection.run_id == Run.id
_FACTS: dict[RunFact, ColumnElement[bool]] = {
    "unopened": exists().where(RunFile.run_id == Run.id, RunFile.state.in_(("stored", "opening"))),
    "made": exists().where(_OF_RUN),
    "begun": exists().where(_OF_RUN, Inspection.state.in_(("running", "done", "failed"))),
    "waiting": exists().where(OutboxItem.run_id == Run.id),
    "judged": exists().where(_OF_RUN, Inspection.state == "done"),
}


class Settling:
    """Runs as they come to their end."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def settle(self, run_ids: Collection[UUID] | None = None) -> set[UUID]:
        """Bring these runs, or all, to where their rows say they are; return those that moved.

        They are locked first and looked at then, so that nothing is decided by what was true before. Runs that somebody
        else is moving are passed over.
        """
        wanted = select(Run.id).where(Run.state.in_(_ORIGINS)).order_by(Run.id)
        if run_ids is not None:
            wanted = wanted.where(Run.id.in_(run_ids))
        locked = list(await self._session.scalars(wanted.with_for_update(skip_locked=True, key_share=True)))
        moved: set[UUID] = set()
        for step in SETTLEMENT if locked else ():
            moved.update(await self._session.scalars(_taking(step, locked)))
        return moved

    async def lock(self, run_id: UUID) -> RunState | None:
        """Return the state of a run, and keep it as it is until this unit ends; None if there is no such run."""
        wanted = select(Run.state).where(Run.id == run_id)
        return await self._session.scalar(wanted.with_for_update(key_share=True))

    async def cancel(self, run_id: UUID) -> int:
        """End a locked run that has not ended: whoever holds work of it holds it no more. Return how many it took.

        The outbox rows go, whatever lease they have, so that a late result finds none and is refused.
        """
        unopened = [state for state, following in FILE_TRANSITIONS.items() if "cancelled" in following]
        files = update(RunFile).where(RunFile.run_id == run_id, RunFile.state.in_(unopened))
        await self._session.execute(files.values(state="cancelled", lease_token=None, lease_until=None))
        rows = select(OutboxItem.inspection_id).where(OutboxItem.run_id == run_id).order_by(OutboxItem.inspection_id)
        await self._session.execute(rows.with_for_update())
        await self._session.execute(delete(OutboxItem).where(OutboxItem.run_id == run_id))
        unended = [state for state, following in TRANSITIONS.items() if "cancelled" in following]
        ended = update(Inspection).where(Inspection.run_id == run_id, Inspection.state.in_(unended))
        gone = await self._session.scalars(
            ended.values(state=QUEUE_STEPS["cancel"].state, finished_at=func.now()).returning(Inspection.id)
        )
        await self._session.execute(
            update(Run).where(Run.id == run_id).values(state="cancelled", finished_at=func.now())
        )
        return len(gone.all())

    async def retry(self, run_id: UUID) -> int:
        """Let the failed inspections of a locked run wait anew, from the first attempt on; return how many.

        A run that had ended goes on for them.
        """
        failed = update(Inspection).where(Inspection.run_id == run_id, Inspection.state == "failed")
        values = {"state": QUEUE_STEPS["retry"].state, "finished_at": None, "error_code": None, "error_detail": None}
        again = (await self._session.execute(failed.values(values).returning(Inspection.id, Inspection.priority))).all()
        if not again:
            return 0
        rows = [{"inspection_id": id_, "priority": priority, "run_id": run_id} for id_, priority in again]
        await self._session.execute(insert(OutboxItem).on_conflict_do_nothing(), rows)
        await self.resume(run_id)
        return len(rows)

    async def resume(self, run_id: UUID) -> None:
        """Let a locked run that had ended go on."""
        ended = [state for state, following in RUN_TRANSITIONS.items() if "queued" in following and state in ENDED_RUNS]
        going = update(Run).where(Run.id == run_id, Run.state.in_(ended))
        await self._session.execute(going.values(state="queued", finished_at=None, error_code=None, error_detail=None))


def _taking(step: RunStep, run_ids: Collection[UUID]) -> ReturningUpdate[UUID]:
    """Return the statement that takes those of the runs, of which the facts are so, one step."""
    so = (_FACTS[fact] if wanted else ~_FACTS[fact] for fact, wanted in step.facts.items())
    ended = {"finished_at": func.now()} if step.to in ENDED_RUNS else {}
    values = {"state": step.to, "error_code": step.code, "error_detail": step.detail, **ended}
    return update(Run).where(Run.id.in_(run_ids), Run.state == step.origin, *so).values(values).returning(Run.id)
