"""Slowing down who guesses passwords, such that nobody can be locked out from elsewhere.

1. A try counts as failed when it begins, before the password is looked at, and is taken off again when it succeeds:
   tries made at once do not get round the count, in however many processes.
2. Under one name from one address `BY_NAME.free` tries may fail; each further one is followed by a pause, twice as long
   each time.
3. From one address under all names `BY_ADDRESS.free` may fail, then pauses follow likewise. Whoever has signed in from
   there before is not held up by them, but by rule 2 alone.
4. Nothing is counted of a name without its address: who fails at one address holds up nobody at another.
5. In a pause a try is refused unheard, with the right password too, and does not count.
6. Who succeeds has failed under that name from there never before; what the address has failed otherwise, stays.
7. After a day without a failure it is all forgotten.
8. Of an IPv6 address the first 64 bits count: whoever has one has all that begin so.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from core.account_name import folded
from data.queries import people
from data.repositories.sign_in_failures import Failures, Key, SignInFailures
from workers.composition import Services
from workers.errors import SignInPaused

FORGOTTEN = timedelta(days=1)
AHEAD = timedelta(hours=1)
"""What failed so far ahead of the clock, failed while it was wrong, and does not count."""


@dataclass(frozen=True)
class Rule:
    """How many tries may fail, and the longest pause after more, in seconds; the first is one second."""

    free: int
    longest_s: int

    def pause(self, failures: int) -> timedelta:
        """Return how long nobody may try after so many failures."""
        beyond = failures - self.free
        return timedelta(seconds=min(self.longest_s, 2 ** min(beyond - 1, 30)) if beyond > 0 else 0)


BY_NAME = Rule(free=5, longest_s=900)
BY_ADDRESS = Rule(free=30, longest_s=60)
_ANY_NAME = bytes(32)


@dataclass(frozen=True)
class Try:
    """A try that has begun, and counts as failed until it is `forgiven`."""

    key: Key
    address_key: Key
    at: datetime


async def begin(services: Services, name: str, address: str) -> Try:
    """Count a try to sign in as `name` from an address.

    Raises:
        SignInPaused: it is not heard now.
    """
    now, place = services.clock(), place_of(address)
    begun = Try((place, _digest(name)), (place, _ANY_NAME), now)
    rules = {begun.key: BY_NAME, begun.address_key: BY_ADDRESS}
    known = await _known(services, name, place)  # first: nobody waits for a connection while holding rows
    async with services.database.unit_of_work(quiet=True) as work:
        failures = SignInFailures(work.session)
        held = {key: _counting(each, now) for key, each in (await failures.hold(list(rules), now)).items()}
        wait = max(held[key].paused_until for key in rules if key == begun.key or not known) - now
        if wait > timedelta():
            raise SignInPaused(math.ceil(wait.total_seconds()))
        for key, rule in rules.items():
            count = held[key].count + 1
            await failures.keep(key, Failures(count, now, max(held[key].paused_until, now + rule.pause(count))))
        await work.commit()
    return begun


async def forgive(services: Services, begun: Try) -> None:
    """Take a try off again: it succeeded."""
    async with services.database.unit_of_work(quiet=True) as work:
        await SignInFailures(work.session).forgive(begun.key, begun.address_key, begun.at)
        await work.commit()


async def forget_old(services: Services) -> int:
    """Remove what counts no more; return how many rows."""
    async with services.database.unit_of_work(quiet=True) as work:
        gone = await SignInFailures(work.session).forget_old(services.clock() - FORGOTTEN)
        await work.commit()
    return gone


def place_of(address: str) -> str:
    """Return what is counted of an address: all of it, or the network of an IPv6 one."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"


async def _known(services: Services, name: str, place: str) -> bool:
    """Return whether somebody of that name has signed in from there before."""
    if not folded(name).isprintable():
        return False
    async with services.database.session() as session:
        return place in map(place_of, await people.addresses_of(session, folded(name)))


def _counting(failures: Failures, now: datetime) -> Failures:
    """Return what of the failures counts still."""
    if now - FORGOTTEN < failures.last_at <= now + AHEAD:
        return failures
    return Failures(0, now, now)


def _digest(name: str) -> bytes:
    return hashlib.sha256(folded(name).encode("utf-8", "replace")).digest()
