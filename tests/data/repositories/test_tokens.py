"""Tokens as they are written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.rights import Role
from data.database import Database
from data.errors import AccountTaken
from data.repositories.tokens import USED_EVERY, NewToken, Tokens
from data.tables import Token
from data.unit_of_work import UnitOfWork
from tests.data.repositories.people import digest
from tests.data.rows import MOMENT


def machines(name: str = "AOI-1", word: str = "a") -> NewToken:
    return NewToken(name, None, Role.MACHINE, (), digest(word), "ms_abc", None)


def tokens(work: UnitOfWork) -> Tokens:
    return Tokens(work.session, work.new_id)


async def test_a_name_is_free_again_once_it_is_revoked(database: Database) -> None:
    async with database.unit_of_work() as work:
        first = await tokens(work).add(machines())
        with pytest.raises(AccountTaken):
            await tokens(work).add(machines("aoi-1", "b"))
        assert await tokens(work).revoke(first, MOMENT)
        assert await tokens(work).add(machines("aoi-1", "b")) != first


async def test_what_is_revoked_stays_so(database: Database) -> None:
    async with database.unit_of_work() as work:
        id_ = await tokens(work).add(machines())
        assert [await tokens(work).revoke(id_, MOMENT + timedelta(days=day)) for day in range(2)] == [True, False]
        assert await work.session.scalar(select(Token.revoked_at)) == MOMENT


async def test_its_last_use_is_written_once_a_minute(database: Database) -> None:
    written = []
    async with database.unit_of_work() as work:
        id_ = await tokens(work).add(machines())
        for after in (0.0, 0.5, 1.0, 1.5, 0.2):
            await tokens(work).use(id_, MOMENT + after * USED_EVERY)
            written.append(await work.session.scalar(select(Token.last_used_at)))
    assert written == [MOMENT, MOMENT, *[MOMENT + USED_EVERY] * 3]
