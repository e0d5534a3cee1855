"""People are found by what they are called, and by the digests of secrets."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from core.rights import Role
from data.database import Database
from data.errors import CursorInvalid, NotFound
from data.queries import people
from data.repositories.invitations import Invitations
from data.repositories.tokens import NewToken, Tokens
from tests.data.repositories.people import digest, person, sign_in
from tests.data.rows import MOMENT


@pytest.mark.parametrize("reference", ["ada", "ADA", " Ada ", "\uff41da"])
async def test_somebody_is_found_by_their_name_however_it_is_typed(database: Database, reference: str) -> None:
    id_ = await person(database)
    async with database.session() as session:
        assert (await people.user(session, reference)).id == id_
        assert (await people.user(session, str(id_).upper())).id == id_


@pytest.mark.parametrize("reference", ["", "bob", "ad", "ada%", "a\x00", "\ud800", "x" * 100_000, str(UUID(int=4))])
async def test_who_is_not_there_is_not_found(database: Database, reference: str) -> None:
    await person(database)
    async with database.session() as session:
        with pytest.raises(NotFound):
            await people.user(session, reference)
        with pytest.raises(NotFound):
            await people.token(session, reference)


async def test_nobody_is_found_by_an_id_where_a_name_is_asked_for(database: Database) -> None:
    id_ = await person(database)
    async with database.session() as session:
        assert await people.named(session, str(id_)) is None


async def test_a_view_tells_whether_there_is_a_password_and_never_its_hash(database: Database) -> None:
    await person(database, password_hash="the-hash")
    await person(database, "bob")
    async with database.session() as session:
        views = [await people.user(session, name) for name in ("ada", "bob")]
    assert [each.has_password for each in views] == [True, False]
    assert "the-hash" not in str(views)


async def test_people_and_tokens_come_page_by_page(database: Database) -> None:
    for name in ("ada", "bob", "eve"):
        await person(database, name)
        async with database.unit_of_work() as work:
            row = NewToken(name, None, Role.MACHINE, (), digest(name), "ms_", None)
            await Tokens(work.session, work.new_id).add(row)
            await work.commit()
    async with database.session() as session:
        for listed in (people.users, people.tokens):
            first = await listed(session, limit=2)
            rest = await listed(session, limit=2, cursor=first.next_cursor)
            assert [each.name for each in (*first.items, *rest.items)] == ["eve", "bob", "ada"]
            assert rest.next_cursor is None
            with pytest.raises(CursorInvalid):
                await listed(session, cursor="x")


async def test_a_secret_leads_to_whose_it_is(database: Database) -> None:
    ada = await person(database)
    id_ = await sign_in(database, ada, "a")
    async with database.session() as session:
        found = await people.sign_in_of(session, digest("a"))
        assert found is not None
        assert (found[0].id, found[1].id) == (id_, ada)
        assert await people.sign_in_of(session, digest("b")) is None
        assert await people.token_of(session, digest("a")) is None


async def test_the_addresses_that_somebody_has_signed_in_from_are_known(database: Database) -> None:
    ada, bob = await person(database), await person(database, "bob")
    for secret, user_id, address in (("a", ada, "::1"), ("b", ada, "::1"), ("c", ada, "::2"), ("d", bob, "::3")):
        await sign_in(database, user_id, secret, address=address)
    async with database.session() as session:
        assert await people.addresses_of(session, "ada") == {"::1", "::2"}
        assert await people.addresses_of(session, "nobody") == set()


async def test_a_link_is_looked_at_while_it_is_good(database: Database) -> None:
    ada = await person(database)
    async with database.unit_of_work() as work:
        invitations = Invitations(work.session, work.new_id)
        await invitations.add(ada, digest("a"), MOMENT + timedelta(seconds=1))
        await invitations.add(None, digest("first"), MOMENT + timedelta(seconds=1))
        await work.commit()
    async with database.session() as session:
        for secret, of in (("a", ada), ("first", None)):
            found = await people.invitation(session, digest(secret), MOMENT)
            assert found is not None
            assert (found[1].id if found[1] else None) == of
            assert await people.invitation(session, digest(secret), MOMENT + timedelta(seconds=1)) is None
        assert await people.invitation(session, digest("other"), MOMENT) is None
