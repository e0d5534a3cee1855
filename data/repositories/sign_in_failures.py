"""Writes how often signing in has failed; `workers.throttling` says what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, CursorResult, delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from data.tables import SignInFailure

Key = tuple[str, bytes]
"""An address, and the digest of a name."""


@dataclass(frozen=True)
class Failures:
    """How often it has failed, when last, and until when nobody is let try again."""

    count: int
    last_at: datetime
    paused_until: datetime


class SignInFailures:
    """Failures to sign in as they are written."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hold(self, keys: Sequence[Key], now: datetime) -> dict[Key, Failures]:
        """Return how often it has failed for each of `keys`; nobody else counts these until the unit of work ends.

        They are held in one order, whoever holds them.
        """
        rows = [
            {"address": address, "name_digest": name, "failures": 0, "last_at": now, "paused_until": now}
            for address, name in sorted(keys)
        ]
        row = insert(SignInFailure).values(rows)
        same = {
            "failures": SignInFailure.failures
        }  # a row that is there is held by this, and found though it was swept
        held = row.on_conflict_do_update(index_elements=["address", "name_digest"], set_=same)
        found = await self._session.execute(held.returning(*_COLUMNS))
        return {
            (address, name): Failures(failures, last_at, paused_until)
            for address, name, failures, last_at, paused_until in found
        }

    async def keep(self, key: Key, failures: Failures) -> None:
        """Keep how often it has failed now."""
        values = {"failures": failures.count, "last_at": failures.last_at, "paused_until": failures.paused_until}
        await self._session.execute(update(SignInFailure).where(*_is(key)).values(values))

    async def forgive(self, key: Key, address_key: Key, at: datetime) -> None:
        """Forget all failures of `key`, and of the address the one counted `at` a moment: it was none."""
        address = update(SignInFailure).where(*_is(address_key))
        fewer = {"failures": SignInFailure.failures - 1}
        await self._session.execute(address.where(SignInFailure.failures > 0).values(fewer))
        mine = address.where(SignInFailure.last_at == at)  # else another has failed since, and its pause stands
        await self._session.execute(mine.values(paused_until=at))
        await self._session.execute(delete(SignInFailure).where(*_is(key)))  # after the address, as `hold` has them

    async def forget_old(self, before: datetime) -> int:
        """Remove the failures of which the last was before a moment; return how many."""
        done = await self._session.execute(delete(SignInFailure).where(SignInFailure.last_at < before))
        return done.rowcount if isinstance(done, CursorResult) else 0


_COLUMNS = (
    SignInFailure.address,
    SignInFailure.name_digest,
    SignInFailure.failures,
    SignInFailure.last_at,
    SignInFailure.paused_until,
)


def _is(key: Key) -> tuple[ColumnElement[bool], ...]:
    return SignInFailure.address == key[0], SignInFailure.name_digest == key[1]
