"""One transaction, and the repositories that write in it.

1. Nothing is kept unless `commit` is called; leaving the block without it, or by an error, undoes everything.
2. A notification goes out with the commit or not at all (`notify`).
3. After `commit` the unit is over; what comes next takes another one.
4. It says who acts (`data.acting`) before anything else, unless it is `quiet`: then its statements that keep a decision
   say so themselves, and save a way to the database and back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ARRAY, Text, bindparam, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from data.repositories.arrivals import Arrivals
from data.repositories.blobs import Blobs
from data.repositories.figures import Figures
from data.repositories.idempotency import IdempotencyKeys
from data.repositories.images import Images
from data.repositories.inspections import Inspections
from data.repositories.outbox import Outbox
from data.repositories.parts import Parts
from data.repositories.plant import Plant
from data.repositories.recipes import Recipes
from data.repositories.runs import Runs
from data.repositories.settling import Settling
from data.repositories.triggers import Triggers
from data.repositories.verdicts import Verdicts
from data.repositories.watched import Watched
from data.saying_who import SAY_WHO, said

_NOT_AT_ONCE = text("SET LOCAL synchronous_commit TO off")
_EACH = func.unnest(cast(bindparam("payloads", type_=ARRAY(Text)), ARRAY(Text))).column_valued()
_NOTIFY = select(func.pg_notify(bindparam("channel", type_=Text), _EACH))


class UnitOfWork:
    """One transaction with its repositories as attributes; `session` reads what it has written so far."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID], *, quiet: bool = False) -> None:
        self.session = session
        self._quiet = quiet
        self.new_id = new_id
        self.plant = Plant(session, new_id)
        self.parts = Parts(session, new_id)
        self.recipes = Recipes(session, new_id)
        self.images = Images(session, new_id)
        self.inspections = Inspections(session)
        self.arrivals = Arrivals(session)
        self.outbox = Outbox(session)
        self.verdicts = Verdicts(session)
        self.runs = Runs(session, new_id)
        self.settling = Settling(session)
        self.blobs = Blobs(session)
        self.figures = Figures(session)
        self.idempotency = IdempotencyKeys(session)
        self.triggers = Triggers(session)
        self.watched = Watched(session)

    async def __aenter__(self) -> Self:
        who = None if self._quiet else said()
        await self.session.begin()
        if who is not None:
            await self.session.execute(SAY_WHO, who)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.session.close()  # rolls back what was not committed

    async def commit(self) -> None:
        """Keep everything that was done; once this returns, it survives the death of any process."""
        await self.session.commit()

    async def may_be_lost(self) -> None:
        """Let `commit` return before the disk has it: for what a crash of the database may undo, and is then redone."""
        await self.session.execute(_NOT_AT_ONCE)

    async def notify(self, channel: str, payload: dict[str, Any]) -> None:
        """Tell whoever listens on `channel`, if and when this unit commits."""
        await self.notify_all(channel, [payload])

    async def notify_all(self, channel: str, payloads: Sequence[dict[str, Any]]) -> None:
        """Tell several things on `channel`, in their order, at the cost of one."""
        told = [json.dumps(payload) for payload in payloads]
        await self.session.execute(_NOTIFY, {"channel": channel, "payloads": told})
