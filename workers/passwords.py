"""Hashing passwords and verifying them: argon2id, in a thread, a few at once.

1. Parameters are the second recommendation of RFC 9106 (64 MiB, three passes, four lanes), over OWASP's least. A hash
   made with others is made anew at the next sign-in (`is_dated`).
2. Each takes its memory, so that no more than `AT_ONCE` are made or verified at once in a process; others wait.
3. Verifying takes as long for nobody as for somebody: without a hash, the one of a password nobody has is verified.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from core.errors import PasswordUnfit
from core.password import check, normalised
from data.common_passwords import is_common

AT_ONCE = 2
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$5LAv53+YsISegQQcCroJYA$YEoUJsEA23LdxadEpWIMT7m6t0AEwh1BxdB+1F0/JVM"
"""The hash of a password of 256 bits of chance that was thrown away."""

Result = TypeVar("Result")


class Passwords:
    """Passwords of one process. Made where it is used: a forked child makes its own."""

    def __init__(self, hasher: PasswordHasher | None = None, *, nobodys: str = NOBODYS) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._nobodys = nobodys

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(AT_ONCE, "passwords")

    async def chosen(self, password: str, *, name: str) -> str:
        """Return the hash of a password that somebody who signs in as `name` chooses.

        Raises:
            PasswordUnfit: it may not be one (`core.password`).
        """
        checked = check(password, name=name, is_common=is_common)
        return await self._in_thread(self._hasher.hash, checked)

    async def verify(self, kept: str | None, password: str) -> bool:
        """Return whether this is the password whose hash is kept; of None, nobody's, none is."""
        try:
            typed = normalised(password)
        except PasswordUnfit:
            return False
        matches = await self._in_thread(self._matches, kept or self._nobodys, typed)
        return matches and kept is not None

    async def anew(self, password: str) -> str:
        """Return another hash of a password that was verified."""
        return await self._in_thread(self._hasher.hash, normalised(password))

    def is_dated(self, kept: str) -> bool:
        """Return whether a hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(kept)

    def close(self) -> None:
        """Let the threads end."""
        if "_threads" in self.__dict__:
            self._threads.shutdown(wait=False)

    def _matches(self, kept: str, typed: str) -> bool:
        try:
            return self._hasher.verify(kept, typed)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_thread(self, does: Callable[..., Result], *given: str) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, does, *given)
