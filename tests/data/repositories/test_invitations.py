"""One-time links as they are written: taken once, by one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from data.database import Database
from data.repositories.invitations import Invitations
from tests.data.repositories.people import digest, person
from tests.data.rows import MOMENT

LATER = MOMENT + timedelta(days=3)


async def link(database: Database, secret: str, user_id: UUID | None = None) -> None:
    async with database.unit_of_work() as work:
        await Invitations(work.session, work.new_id).add(user_id, digest(secret), LATER)
        await work.commit()


async def taken(database: Database, secret: str, at_s: float = 0) -> bool:
    async with database.unit_of_work() as work:
        now = MOMENT + timedelta(seconds=at_s)
        found = await Invitations(work.session, work.new_id).take(digest(secret), now)
        await work.commit()
    return found is not None


@pytest.mark.parametrize(
    ("secret", "at_s", "good"),
    [("a", 0, True), ("a", 3 * 86_400 - 1, True), ("a", 3 * 86_400, False), ("b", 0, False)],
    ids=["at once", "at last", "too late", "another"],
)
async def test_a_link_is_taken_while_it_is_good(database: Database, secret: str, at_s: float, good: bool) -> None:
    await link(database, "a")
    assert await taken(database, secret, at_s) is good
    assert not await taken(database, secret, at_s)


async def test_of_many_who_take_it_at_once_one_gets_it(database: Database) -> None:
    await link(database, "a")
    assert sum(await asyncio.gather(*(taken(database, "a") for _ in range(8)))) == 1


async def test_closing_somebodys_leaves_those_of_others(database: Database) -> None:
    ada, bob = await person(database), await person(database, "bob")
    for secret, user_id in (("a", ada), ("b", bob), ("first", None)):
        await link(database, secret, user_id)
    async with database.unit_of_work() as work:
        await Invitations(work.session, work.new_id).close(ada, MOMENT)
        await work.commit()
    assert [await taken(database, secret) for secret in ("a", "b", "first")] == [False, True, True]


async def test_closing_the_first_admins_leaves_those_of_people(database: Database) -> None:
    await link(database, "a", await person(database))
    for secret in ("first", "second"):
        await link(database, secret)
    async with database.unit_of_work() as work:
        await Invitations(work.session, work.new_id).close(None, MOMENT)
        await work.commit()
    assert [await taken(database, secret) for secret in ("a", "first", "second")] == [True, False, False]
