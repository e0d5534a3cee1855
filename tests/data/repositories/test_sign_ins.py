"""Sign-ins as they are written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from data.database import Database
from data.repositories.sign_ins import SEEN_EVERY, SignIns
from data.tables import SignIn
from tests.data.repositories.people import person, sign_in
from tests.data.rows import MOMENT


async def test_no_two_have_one_secret(database: Database) -> None:
    id_ = await person(database)
    await sign_in(database, id_, "a")
    with pytest.raises(IntegrityError, match="uq_sign_ins_digest"):
        await sign_in(database, id_, "a")


@pytest.mark.parametrize(
    ("only", "but", "ended"),
    [(None, None, 2), (0, None, 1), (None, 0, 1), (0, 0, 0)],
    ids=["all", "one", "all but one", "one but that one"],
)
async def test_those_that_are_over_are_not_ended_again(
    database: Database, only: int | None, but: int | None, ended: int
) -> None:
    ada, bob = await person(database), await person(database, "bob")
    mine = [await sign_in(database, ada, "a"), await sign_in(database, ada, "b")]
    await sign_in(database, ada, "old", MOMENT - timedelta(days=7))
    await sign_in(database, bob, "c")
    named = {"only": None if only is None else mine[only], "but": None if but is None else mine[but]}
    async with database.unit_of_work() as work:
        sign_ins = SignIns(work.session, work.new_id)
        assert await sign_ins.end(ada, MOMENT, **named) == ended
        assert await sign_ins.end(ada, MOMENT, **named) == 0
        assert await sign_ins.end(bob, MOMENT, only=mine[0]) == 0, "it is not theirs"


@pytest.mark.parametrize(("after", "seen"), [(SEEN_EVERY / 2, False), (SEEN_EVERY, True), (-SEEN_EVERY, False)])
async def test_it_is_seen_once_a_minute_and_never_back_in_time(
    database: Database, after: timedelta, seen: bool
) -> None:
    id_ = await sign_in(database, await person(database), "a")
    async with database.unit_of_work() as work:
        await SignIns(work.session, work.new_id).see(id_, MOMENT + after)
        assert await work.session.scalar(select(SignIn.last_seen_at)) == (MOMENT + after if seen else MOMENT)


async def test_what_was_over_before_is_forgotten(database: Database) -> None:
    ada = await person(database)
    ended, lasting = await sign_in(database, ada, "a"), await sign_in(database, ada, "b")
    await sign_in(database, ada, "old", MOMENT - timedelta(days=10))
    async with database.unit_of_work() as work:
        sign_ins = SignIns(work.session, work.new_id)
        await sign_ins.end(ada, MOMENT - timedelta(days=1), only=ended)
        assert await sign_ins.forget_old(MOMENT) == 2
        assert list(await work.session.scalars(select(SignIn.id))) == [lasting]
