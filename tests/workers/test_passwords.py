"""Passwords are hashed by argon2id with the parameters that are recommended, a few at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from core.errors import PasswordUnfit
from core.password import MOST_BYTES
from tests.workers.people import CHEAP, PASSWORD
from workers.passwords import AT_ONCE, NOBODYS, Passwords


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(CHEAP, nobodys=CHEAP.hash("nobody's"))
    yield made
    made.close()


async def test_parameters_are_those_of_rfc_9106_over_owasps_least() -> None:
    real = Passwords()
    kept = await real.chosen(PASSWORD, name="ada")
    found = extract_parameters(kept)
    assert found == RFC_9106_LOW_MEMORY
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert (found.memory_cost >= 19 * 1024, found.time_cost >= 2) == (True, True)
    assert await real.verify(kept, PASSWORD)
    assert not real.is_dated(kept)
    real.close()


def test_nobodys_hash_takes_as_long_as_anybodys() -> None:
    assert extract_parameters(NOBODYS) == RFC_9106_LOW_MEMORY
    assert not Passwords().is_dated(NOBODYS)


def test_a_hash_of_other_parameters_is_dated() -> None:
    assert Passwords().is_dated(CHEAP.hash(PASSWORD))


async def test_the_same_password_is_never_hashed_the_same(passwords: Passwords) -> None:
    assert await passwords.chosen(PASSWORD, name="ada") != await passwords.chosen(PASSWORD, name="ada")


@pytest.mark.parametrize(
    ("typed", "matches"),
    [
        (PASSWORD, True),
        (PASSWORD.replace("e", "\uff45"), True),
        (PASSWORD.upper(), False),
        (PASSWORD + " ", False),
        (PASSWORD[:-1], False),
        ("", False),
        ("\ud800", False),
        ("x" * (MOST_BYTES + 1), False),
        (PASSWORD + "\x00", False),
    ],
    ids=["itself", "typed wide", "capitals", "longer", "cut", "empty", "half a pair", "too long", "NUL"],
)
async def test_what_was_chosen_matches_and_nothing_else(passwords: Passwords, typed: str, matches: bool) -> None:
    kept = await passwords.chosen(PASSWORD, name="ada")
    assert await passwords.verify(kept, typed) is matches


@pytest.mark.parametrize("kept", ["", "$argon2id$", "plain text", "$2b$12$abcdefghijklmnopqrstuv"])
async def test_what_is_no_hash_matches_nothing(passwords: Passwords, kept: str) -> None:
    assert not await passwords.verify(kept, PASSWORD)


async def test_nobody_has_no_password_even_the_one_that_is_verified_for_them(passwords: Passwords) -> None:
    assert not await passwords.verify(None, "nobody's")


async def test_a_long_password_counts_to_its_end(passwords: Passwords) -> None:
    long = "a" * (MOST_BYTES - 1)
    kept = await passwords.chosen(long + "b", name="ada")
    assert await passwords.verify(kept, long + "b")
    assert not await passwords.verify(kept, long + "c")


@pytest.mark.parametrize("password", ["short", "qwertyuiop", "ada.lovelace1"])
async def test_what_may_not_be_one_is_not_hashed(passwords: Passwords, password: str) -> None:
    with pytest.raises(PasswordUnfit):
        await passwords.chosen(password, name="ada.lovelace")


class Counting(PasswordHasher):
    """Counts how many are hashed at once; each waits for another to come."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.lock, self.now, self.most = threading.Lock(), 0, 0
        self.together = threading.Barrier(AT_ONCE)

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.together.wait(60)
        with self.lock:
            self.now -= 1
        return super().hash(password, salt=salt)


async def test_no_more_than_a_few_are_hashed_at_once_and_the_loop_goes_on() -> None:
    counting = Counting()
    passwords = Passwords(counting)
    hashing = [asyncio.create_task(passwords.chosen(PASSWORD, name="ada")) for _ in range(AT_ONCE * 4)]
    await asyncio.gather(*hashing)
    assert counting.most == AT_ONCE
    passwords.close()
