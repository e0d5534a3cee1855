"""Where people are signed in, counted; and who made what."""

from __future__ import annotations

from datetime import timedelta

from core.rights import Role
from data.acting import Actor, acting_as
from data.database import Database
from data.queries import audit, people
from data.queries.presence import Presence, presence
from data.repositories.sign_ins import SignIns
from data.repositories.tokens import NewToken, Tokens
from tests.data.repositories.people import digest, person, sign_in
from tests.data.rows import MOMENT

IDLE = MOMENT - timedelta(hours=12)


async def test_sign_ins_that_are_over_are_not_counted_and_everybody_has_an_answer(database: Database) -> None:
    ada, bob = await person(database), await person(database, "bob")
    ended = await sign_in(database, ada, "ended", MOMENT + timedelta(minutes=1))
    await sign_in(database, ada, "here")
    await sign_in(database, ada, "idle", IDLE)
    async with database.unit_of_work(quiet=True) as work:
        await SignIns(work.session, work.new_id).end(ada, MOMENT, only=ended)
        await work.commit()
    async with database.session() as session:
        found = await presence(session, [ada, bob], now=MOMENT, idle=IDLE)
    assert found == {ada: Presence(1, MOMENT + timedelta(minutes=1)), bob: Presence(0, None)}


async def test_tokens_that_were_revoked_can_be_left_out_and_the_trail_knows_who_made_them(database: Database) -> None:
    made = []
    for name in ("kept", "gone"):
        with acting_as(Actor(f"user:{name}s-maker")):
            async with database.unit_of_work() as work:
                row = NewToken(name, None, Role.MACHINE, (), digest(name), "ms_", None)
                made.append(await Tokens(work.session, work.new_id).add(row))
                await work.commit()
    async with database.unit_of_work() as work:
        await Tokens(work.session, work.new_id).revoke(made[1], MOMENT)
        await work.commit()
    async with database.session() as session:
        assert [each.name for each in (await people.tokens(session)).items] == ["gone", "kept"]
        assert [each.name for each in (await people.tokens(session, revoked=False)).items] == ["kept"]
        makers = await audit.makers(session, "tokens", made)
        assert makers == {made[0]: "user:kepts-maker", made[1]: "user:gones-maker"}
        assert await audit.makers(session, "users", made) == {}
