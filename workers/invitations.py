"""One-time links: by one somebody sets their password, first or anew; by the first of all, the first admin comes in.

1. A link works once, for `invitation_s`, and of several for somebody the last alone. Of the first admin's all work
   until one was used, so that processes that start at once may each print one.
2. What is wrong with a name or a password does not use a link up.
3. Who follows a link acts as themselves; all their sign-ins end.
4. The first admin's is good for nothing as soon as there is an admin who can sign in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.account_name import shown_name, sign_in_name
from core.rights import Role
from data.channels import PEOPLE
from data.queries import people
from data.queries.people import UserView
from data.repositories.invitations import Invitations
from data.repositories.sign_ins import SignIns
from data.repositories.users import Users
from data.unit_of_work import UnitOfWork
from workers.composition import Services
from workers.errors import LinkSpent
from workers.secret import Kind, Secret, digest_of, make
from workers.signing_in import themselves

_SPENT = "This link was used, is too old, or never was; ask an administrator for another."


@dataclass(frozen=True)
class Link:
    """A link that was made: its secret, told once, and for whom it is, or None for the first admin."""

    secret: str = field(repr=False)
    user: UserView | None
    expires_at: datetime


@dataclass(frozen=True)
class Offer:
    """What a link offers whoever follows it: to set the password of `user` or, of None, to be the first admin."""

    user: UserView | None
    expires_at: datetime


@dataclass(frozen=True)
class FirstAdmin:
    """What the first admin says of themselves."""

    name: str
    display_name: str = ""


async def invite(services: Services, reference: str) -> Link:
    """Make a link by which somebody, by their name or id, sets their password; earlier ones are good for nothing.

    Raises:
        NotFound: there is no such person.
    """
    secret, now = make(Kind.LINK), services.clock()
    async with services.database.unit_of_work() as work:
        user = await people.user(work.session, reference)
        await Users(work.session, work.new_id).hold(user.id)  # of two who invite at once, the last one's link works
        invitations = Invitations(work.session, work.new_id)
        await invitations.close(user.id, now)
        expires_at = await keep(services, work, user, secret)
        await work.commit()
    return Link(secret.text, user, expires_at)


async def keep(services: Services, work: UnitOfWork, user: UserView | None, secret: Secret) -> datetime:
    """Keep a link that was made; return when it expires."""
    expires_at = services.clock() + timedelta(seconds=services.settings.invitation_s)
    await Invitations(work.session, work.new_id).add(user.id if user else None, secret.digest, expires_at)
    return expires_at


async def look(services: Services, secret: str) -> Offer:
    """Return what a link offers, without using it up.

    Raises:
        LinkSpent: nothing.
    """
    digest = digest_of(secret, Kind.LINK)
    async with services.database.session() as session:
        found = await people.invitation(session, digest, services.clock()) if digest else None
        if found is None:
            raise LinkSpent(_SPENT)
        invitation, user = found
        if await Users(session, services.database.ids).has_admin() if user is None else not user.active:
            raise LinkSpent(_SPENT)
    return Offer(user, invitation.expires_at)


async def use(services: Services, secret: str, password: str, *, first: FirstAdmin | None = None) -> UserView:
    """Set the password of the one a link is for; of the first admin's link, let `first` be it.

    Raises:
        LinkSpent: the link is good for nothing.
        AccountInvalid: the first admin's name cannot be one.
        PasswordUnfit: the password may not be one.
        AccountTaken: the first admin is called as somebody is already.
    """
    offer = await look(services, secret)
    name = offer.user.name if offer.user else sign_in_name(first.name if first else "")
    hashed = await services.passwords.chosen(password, name=name)
    with themselves(name):
        async with services.database.unit_of_work() as work:
            if offer.user is None:
                await _be_first(services, work, name, first.display_name if first else "", hashed)
            user = await _take(services, work, secret, name, hashed)
            await work.commit()
    return user


async def _be_first(services: Services, work: UnitOfWork, name: str, display_name: str, hashed: str) -> None:
    users = Users(work.session, work.new_id)
    await users.in_turn()
    if await users.has_admin():
        raise LinkSpent(_SPENT)
    await users.add(name, display_name=shown_name(display_name or name), role=Role.ADMIN, password_hash=hashed)


async def _take(services: Services, work: UnitOfWork, secret: str, name: str, hashed: str) -> UserView:
    now, users = services.clock(), Users(work.session, work.new_id)
    user = await users.hold((await people.user(work.session, name)).id)
    invitations = Invitations(work.session, work.new_id)
    taken = await invitations.take(digest_of(secret, Kind.LINK) or b"", now)
    if taken is None:  # disabling somebody has closed their links
        raise LinkSpent(_SPENT)
    await invitations.close(taken.user_id, now)
    await users.set_password(user.id, hashed)
    await SignIns(work.session, work.new_id).end(user.id, now)
    await work.notify(PEOPLE, {"user_id": str(user.id)})
    return people.view_of(await users.hold(user.id))
