"""Failures to sign in as they are written: counted one after the other, whoever counts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from data.database import Database
from data.repositories.sign_in_failures import Failures, Key, SignInFailures
from tests.data.repositories.people import digest
from tests.data.rows import MOMENT

NAME: Key = ("192.0.2.7", digest("ada"))
ADDRESS: Key = ("192.0.2.7", bytes(32))
SOON = MOMENT + timedelta(seconds=8)


async def counted(database: Database, keys: list[Key]) -> None:
    async with database.unit_of_work(quiet=True) as work:
        failures = SignInFailures(work.session)
        for key, held in (await failures.hold(keys, MOMENT)).items():
            await failures.keep(key, Failures(held.count + 1, MOMENT, SOON))
        await work.commit()


async def found(database: Database, *keys: Key) -> dict[Key, Failures]:
    async with database.unit_of_work(quiet=True) as work:
        return await SignInFailures(work.session).hold(list(keys), MOMENT)


async def test_what_never_failed_counts_nothing(database: Database) -> None:
    assert await found(database, NAME) == {NAME: Failures(0, MOMENT, MOMENT)}


async def test_none_gets_lost_however_many_count_at_once_and_in_whatever_order(database: Database) -> None:
    await asyncio.gather(*(counted(database, [NAME, ADDRESS][:: 1 - 2 * (each % 2)]) for each in range(20)))
    assert await found(database, NAME, ADDRESS) == {key: Failures(20, MOMENT, SOON) for key in (NAME, ADDRESS)}


async def test_what_is_forgiven_is_the_name_and_one_of_the_address(database: Database) -> None:
    for _ in range(3):
        await counted(database, [NAME, ADDRESS])
    async with database.unit_of_work(quiet=True) as work:
        await SignInFailures(work.session).forgive(NAME, ADDRESS, MOMENT)
        await work.commit()
    told = await found(database, NAME, ADDRESS)
    assert (told[NAME].count, told[ADDRESS]) == (0, Failures(2, MOMENT, MOMENT))


async def test_counting_and_forgiving_at_once_neither_wait_crosswise_nor_lose_a_row(database: Database) -> None:
    async def once(number: int) -> None:
        name: Key = (NAME[0], digest(f"name {number % 3}"))
        await counted(database, [name, ADDRESS])
        async with database.unit_of_work(quiet=True) as work:
            await SignInFailures(work.session).forgive(name, ADDRESS, MOMENT)
            await work.commit()

    await asyncio.gather(*(once(number) for number in range(60)))
    assert (await found(database, ADDRESS))[ADDRESS].count == 0


async def test_a_pause_that_another_brought_about_stands(database: Database) -> None:
    await counted(database, [ADDRESS])
    async with database.unit_of_work(quiet=True) as work:
        await SignInFailures(work.session).forgive(NAME, ADDRESS, MOMENT - timedelta(seconds=1))
        await work.commit()
    assert (await found(database, ADDRESS))[ADDRESS].paused_until == SOON


async def test_old_ones_are_forgotten(database: Database) -> None:
    await counted(database, [NAME, ADDRESS])
    async with database.unit_of_work(quiet=True) as work:
        failures = SignInFailures(work.session)
        assert await failures.forget_old(MOMENT) == 0
        assert await failures.forget_old(SOON) == 2
