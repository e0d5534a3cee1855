"""People as they are written: none twice, none lost, never without an admin."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from core.rights import Role
from data.database import Database
from data.errors import AccountTaken, LastAdmin, NotFound
from data.queries import people
from data.repositories.users import Users
from tests.data.repositories.people import person


@pytest.mark.parametrize(("one", "other"), [("ada", "ada"), ("b0b", "bob"), ("pau1", "paul")])
async def test_a_name_that_passes_for_another_is_taken(database: Database, one: str, other: str) -> None:
    await person(database, one)
    with pytest.raises(AccountTaken, match=f"called {other} already"):
        await person(database, other)


@pytest.mark.parametrize(
    ("role", "password_hash", "able"),
    [(Role.ADMIN, "hash", True), (Role.ADMIN, None, False), (Role.MANAGER, "hash", False)],
)
async def test_an_admin_counts_who_can_sign_in(
    database: Database, role: Role, password_hash: str | None, able: bool
) -> None:
    await person(database, "boss", role, password_hash)
    async with database.unit_of_work() as work:
        assert await Users(work.session, work.new_id).has_admin() is able


async def test_whether_anything_changed_is_told(database: Database) -> None:
    id_ = await person(database)
    async with database.unit_of_work() as work:
        users = Users(work.session, work.new_id)
        told = [
            await users.change_role(id_, Role.VIEWER),
            await users.change_role(id_, Role.ADMIN),
            await users.set_active(id_, active=True),
            await users.set_display_name(id_, "Ada"),
            await users.set_display_name(id_, "Ada"),
        ]
    assert told == [False, True, False, True, False]


async def test_nobody_is_changed_who_is_not_there(database: Database) -> None:
    async with database.unit_of_work() as work:
        users, nobody = Users(work.session, work.new_id), uuid4()
        for change in (
            users.change_role(nobody, Role.ADMIN),
            users.set_active(nobody, active=False),
            users.set_display_name(nobody, "x"),
            users.set_password(nobody, "hash"),
            users.hold(nobody),
        ):
            with pytest.raises(NotFound):
                await change


async def test_the_last_admin_is_not_let_go_though_others_were_only_invited(database: Database) -> None:
    boss = await person(database, "boss", Role.ADMIN, "hash")
    await person(database, "late", Role.ADMIN)
    async with database.unit_of_work() as work:
        users = Users(work.session, work.new_id)
        for act in (users.change_role(boss, Role.VIEWER), users.set_active(boss, active=False)):
            with pytest.raises(LastAdmin):
                await act


async def test_who_is_held_waits_for_whoever_holds_them(database: Database) -> None:
    id_ = await person(database)
    async with database.unit_of_work() as first:
        await Users(first.session, first.new_id).set_display_name(id_, "First")

        async def second() -> str:
            async with database.unit_of_work() as work:
                return (await Users(work.session, work.new_id).hold(id_)).display_name

        waiting = asyncio.create_task(second())
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await first.commit()
    assert await waiting == "First"


@pytest.mark.parametrize(("before", "kept"), [("old", "new"), ("other", "old")])
async def test_a_hash_is_replaced_only_if_it_is_the_one_that_was_verified(
    database: Database, before: str, kept: str
) -> None:
    id_ = await person(database, password_hash="old")
    async with database.unit_of_work() as work:
        await Users(work.session, work.new_id).replace_hash(id_, before, "new")
        await work.commit()
    async with database.session() as session:
        found = await people.named(session, "ada")
    assert found is not None
    assert found.password_hash == kept
