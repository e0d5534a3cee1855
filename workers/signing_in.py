"""Signing in, and what a sign-in stands for as long as it lasts.

1. Whatever is wrong, the answer is the same, and takes as long: no name can be found out.
2. A sign-in is over when it is ended, when it was not used for `session_idle_s`, and `session_max_s` after it began.
3. Who is not active, or has another role by now, is so at the next look: nothing is remembered here.
4. A sign-in that meets a change of the password in the making waits for it, and is refused if it came too late.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from data.acting import Actor, acting, acting_as
from data.channels import PEOPLE
from data.errors import NotFound
from data.queries import people
from data.queries.people import SignInView, UserView
from data.queries.presence import Presence, presence
from data.repositories.sign_ins import SEEN_EVERY, NewSignIn, SignIns
from data.repositories.users import Users
from data.tables import User
from workers import throttling
from workers.composition import Services
from workers.errors import SignInRefused
from workers.secret import Kind, digest_of, make
from workers.who import Who

log = logging.getLogger(__name__)

MOST_ADDRESS, MOST_USER_AGENT = 64, 200
KEPT = timedelta(days=30)
"""Sign-ins that are over are kept so long: they tell from where somebody has signed in before."""


@dataclass(frozen=True)
class Whence:
    """Where a request comes from; the browser's own words are cut to what is worth showing."""

    address: str
    user_agent: str = ""

    def __post_init__(self) -> None:
        for name, most in (("address", MOST_ADDRESS), ("user_agent", MOST_USER_AGENT)):
            plain = "".join(each if each.isprintable() else " " for each in getattr(self, name)[:most])
            object.__setattr__(self, name, plain)


@dataclass(frozen=True)
class SignedIn:
    """Somebody who has just signed in, and the secret that stands for it until `expires_at`."""

    who: Who
    secret: str = field(repr=False)
    expires_at: datetime


async def sign_in(services: Services, name: str, password: str, whence: Whence) -> SignedIn:
    """Sign somebody in.

    Raises:
        SignInPaused: it went wrong too often (`workers.throttling`).
        SignInRefused: name and password do not go together.
    """
    begun = await throttling.begin(services, name, whence.address)
    async with services.database.session() as session:
        found = await people.named(session, name)
    kept = found.password_hash if found is not None else None
    if not await services.passwords.verify(kept, password) or found is None or kept is None:
        log.warning("a sign-in from %s was refused", whence.address)
        raise SignInRefused("Name and password do not go together.")
    with themselves(found.name):
        signed_in = await _begin(services, found, whence)
        await throttling.forgive(services, begun)
        if services.passwords.is_dated(kept):
            await _anew(services, found.id, kept, password)
    return signed_in


async def resolve(services: Services, secret: str, *, used: bool = True) -> Who | None:
    """Return whom the secret of a sign-in stands for now, or None; that it was `used` is noted once a minute."""
    digest = digest_of(secret, Kind.SIGN_IN)
    if digest is None:
        return None
    async with services.database.session() as session:
        found = await people.sign_in_of(session, digest)
    now = services.clock()
    if found is None or not found[1].active:
        return None
    sign_in, user = found
    if sign_in.ended_at or sign_in.expires_at <= now or sign_in.last_seen_at <= _idle(services, now):
        return None
    if used and sign_in.last_seen_at <= now - SEEN_EVERY:
        async with services.database.unit_of_work(quiet=True) as work:
            await SignIns(work.session, work.new_id).see(sign_in.id, now)
            await work.commit()
    return _who(user, sign_in.id)


async def sign_out(services: Services, who: Who) -> None:
    """End the sign-in by which somebody came; done again, it changes nothing."""
    if who.user_id is not None and who.sign_in_id is not None:
        await _end(services, who.user_id, only=who.sign_in_id)


async def sign_out_everywhere(services: Services, user_id: UUID, *, but: UUID | None = None) -> int:
    """End all of somebody's sign-ins, or all but one; return how many."""
    return await _end(services, user_id, but=but)


async def end(services: Services, user_id: UUID, sign_in_id: UUID) -> None:
    """End one of somebody's sign-ins.

    Raises:
        NotFound: they have none of that id that is not over.
    """
    if not await _end(services, user_id, only=sign_in_id):
        raise NotFound("sign-in", sign_in_id)


async def lasting(services: Services, user_id: UUID) -> tuple[SignInView, ...]:
    """Return somebody's sign-ins that are not over, the one used last first."""
    now = services.clock()
    async with services.database.session() as session:
        return await people.sign_ins(session, user_id, now=now, idle=_idle(services, now))


async def present(services: Services, user_ids: Sequence[UUID]) -> dict[UUID, Presence]:
    """Return how many sign-ins of these people are not over, and when they were seen last."""
    now = services.clock()
    async with services.database.session() as session:
        return await presence(session, user_ids, now=now, idle=_idle(services, now))


async def forget_old(services: Services) -> int:
    """Remove the sign-ins that have long been over; return how many."""
    async with services.database.unit_of_work(quiet=True) as work:
        gone = await SignIns(work.session, work.new_id).forget_old(services.clock() - KEPT)
        await work.commit()
    return gone


@contextmanager
def themselves(name: str) -> Iterator[None]:
    """Let everything in the context be done by the person of that name, in the course of the same request."""
    with acting_as(Actor(f"user:{name}", acting().request_id)):
        yield


async def _begin(services: Services, found: User, whence: Whence) -> SignedIn:
    now, secret = services.clock(), make(Kind.SIGN_IN)
    expires_at = now + timedelta(seconds=services.settings.session_max_s)
    async with services.database.unit_of_work() as work:
        held = await Users(work.session, work.new_id).hold(found.id)
        if not held.active or held.password_hash != found.password_hash:
            raise SignInRefused("Name and password do not go together.")
        new = NewSignIn(held.id, secret.digest, whence.address, whence.user_agent, now, expires_at)
        sign_in_id = await SignIns(work.session, work.new_id).begin(new)
        user = people.view_of(held)
        await work.commit()
    return SignedIn(_who(user, sign_in_id), secret.text, expires_at)


async def _anew(services: Services, user_id: UUID, kept: str, password: str) -> None:
    hashed = await services.passwords.anew(password)
    async with services.database.unit_of_work() as work:
        await Users(work.session, work.new_id).replace_hash(user_id, kept, hashed)
        await work.commit()


async def _end(services: Services, user_id: UUID, *, only: UUID | None = None, but: UUID | None = None) -> int:
    async with services.database.unit_of_work(quiet=True) as work:
        ended = await SignIns(work.session, work.new_id).end(user_id, services.clock(), only=only, but=but)
        await work.notify(PEOPLE, {"user_id": str(user_id)})
        await work.commit()
    return ended


def _idle(services: Services, now: datetime) -> datetime:
    return now - timedelta(seconds=services.settings.session_idle_s)


def _who(user: UserView, sign_in_id: UUID) -> Who:
    return Who(user.name, user.display_name, user.role, user_id=user.id, sign_in_id=sign_in_id)
