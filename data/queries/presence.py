"""Where people are signed in, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from data.queries.people import lasting
from data.tables import SignIn


@dataclass(frozen=True)
class Presence:
    """How many sign-ins of somebody are not over, and when any was used last, as far back as sign-ins are kept."""

    sign_ins: int = 0
    last_seen_at: datetime | None = None


async def presence(
    session: AsyncSession, user_ids: Sequence[UUID], *, now: datetime, idle: datetime
) -> dict[UUID, Presence]:
    """Return the presence of these people, of each; sign-ins that were not used since `idle` are over."""
    counted = (
        select(SignIn.user_id, func.count().filter(lasting(now, idle)), func.max(SignIn.last_seen_at))
        .where(SignIn.user_id.in_(user_ids))
        .group_by(SignIn.user_id)
    )
    found = {user_id: Presence(count, seen) for user_id, count, seen in await session.execute(counted)}
    return {user_id: found.get(user_id, Presence()) for user_id in user_ids}
