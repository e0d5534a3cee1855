"""The first admin comes in as the settings say, or by a link; once there is one, nothing is done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from core.errors import AccountInvalid, PasswordUnfit
from core.rights import Role
from data.queries.people import UserView
from data.repositories.users import Users
from data.settings import Settings
from data.tables import Invitation, User
from tests.workers.people import OTHER, PASSWORD, signed_in, somebody, with_cheap_hashes
from workers import accounts
from workers.composition import Services, compose
from workers.first_admin import ensure_first_admin
from workers.invitations import FirstAdmin, Link, use

NAMED = {"admin_user": "Boss", "admin_password": SecretStr(PASSWORD)}


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


def plant(stack: AsyncExitStack, settings: Settings, **changes: object) -> Services:
    unattended = {"admin_user": None, "admin_password": None, **changes}
    services = with_cheap_hashes(compose(settings.model_copy(update=unattended)))
    stack.push_async_callback(services.close)
    return services


async def count(services: Services, table: type) -> int:
    async with services.database.session() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.usefixtures("emptied")
async def test_the_settings_make_one_once(stack: AsyncExitStack, postgres: Settings) -> None:
    services = plant(stack, postgres, **NAMED)
    made = await ensure_first_admin(services)
    assert isinstance(made, UserView)
    assert (made.name, made.role, made.active, made.has_password) == ("boss", Role.ADMIN, True, True)
    assert (await signed_in(services, "boss")).who.role is Role.ADMIN
    assert await ensure_first_admin(services) is None
    other = plant(stack, postgres, admin_user="eve", admin_password=SecretStr(OTHER))
    assert await ensure_first_admin(other) is None, "whoever changes the settings later gets nothing by it"
    assert await count(services, User) == 1


@pytest.mark.usefixtures("emptied")
async def test_processes_that_start_at_once_make_one(stack: AsyncExitStack, postgres: Settings) -> None:
    several = [plant(stack, postgres, **NAMED) for _ in range(4)]
    done = await asyncio.gather(*(ensure_first_admin(each) for each in several))
    assert [isinstance(each, UserView) for each in done].count(True) == 1
    assert await count(several[0], User) == 1


@pytest.mark.usefixtures("emptied")
@pytest.mark.parametrize("changes", [NAMED, {}], ids=["by the settings", "by a link"])
async def test_whoever_would_make_one_takes_their_turn(
    stack: AsyncExitStack, postgres: Settings, changes: dict[str, object]
) -> None:
    services = plant(stack, postgres, **changes)
    async with services.database.unit_of_work() as work:
        users = Users(work.session, work.new_id)
        await users.in_turn()
        making = asyncio.create_task(ensure_first_admin(services))
        await asyncio.sleep(0.5)
        assert not making.done()
        await users.add("boss", display_name="boss", role=Role.ADMIN, password_hash="x")
        await work.commit()
    assert await making is None


@pytest.mark.usefixtures("emptied")
async def test_processes_that_start_at_once_each_print_a_link_that_works_until_one_was_used(
    stack: AsyncExitStack, postgres: Settings
) -> None:
    several = [plant(stack, postgres) for _ in range(3)]
    links = await asyncio.gather(*(ensure_first_admin(each) for each in several))
    assert all(isinstance(each, Link) for each in links)
    assert await count(several[0], Invitation) == 3
    assert isinstance(links[1], Link)
    await use(several[0], links[1].secret, PASSWORD, first=FirstAdmin("boss"))
    assert await asyncio.gather(*(ensure_first_admin(each) for each in several)) == [None] * 3


@pytest.mark.usefixtures("emptied")
async def test_somebody_of_that_name_who_cannot_sign_in_as_an_admin_can_from_then_on(
    stack: AsyncExitStack, postgres: Settings
) -> None:
    services = plant(stack, postgres, **NAMED)
    user = await somebody(services, "boss", "viewer", OTHER)
    await accounts.disable(services, "boss")
    made = await ensure_first_admin(services)
    assert isinstance(made, UserView)
    assert (made.id, made.role, made.active) == (user.id, Role.ADMIN, True)
    assert (await signed_in(services, "boss")).who.name == "boss"


@pytest.mark.usefixtures("emptied")
async def test_an_admin_who_was_only_invited_does_not_count(stack: AsyncExitStack, postgres: Settings) -> None:
    services = plant(stack, postgres)
    await somebody(services, "late", "admin", password=None)
    assert isinstance(await ensure_first_admin(services), Link)


@pytest.mark.usefixtures("emptied")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"admin_user": "boss"}, AccountInvalid),
        ({"admin_password": SecretStr(PASSWORD)}, AccountInvalid),
        ({**NAMED, "admin_user": "a b"}, AccountInvalid),
        ({**NAMED, "admin_password": SecretStr("changeme123")}, PasswordUnfit),
        ({**NAMED, "admin_password": SecretStr("")}, PasswordUnfit),
    ],
    ids=["no password", "no name", "no such name", "a common password", "an empty password"],
)
async def test_settings_that_make_no_sense_make_nobody(
    stack: AsyncExitStack, postgres: Settings, changes: dict[str, object], error: type[Exception]
) -> None:
    services = plant(stack, postgres, **changes)
    with pytest.raises(error) as refused:
        await ensure_first_admin(services)
    assert PASSWORD not in str(refused.value)
    assert await count(services, User) == 0
