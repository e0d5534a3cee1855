"""People's accounts: added, renamed, given another role, let in or not, given another password.

1. Whatever takes something from somebody (role, password, being active) tells it on `PEOPLE` with its commit, so that
   their open pages hear of it.
2. A password that was changed ends every other sign-in; one set by somebody else, and being disabled, ends them all.
   What somebody may with a new role, they may from the next look on (`workers.signing_in`).
3. There is always an admin who can sign in (`data.repositories.users`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from core.account_name import shown_name, sign_in_name
from core.errors import AccountInvalid
from core.rights import PERSONS, Role
from data.channels import PEOPLE
from data.queries import people
from data.queries.people import UserView
from data.repositories.invitations import Invitations
from data.repositories.sign_ins import SignIns
from data.repositories.users import Users
from data.unit_of_work import UnitOfWork
from workers import throttling
from workers.composition import Services
from workers.errors import SignInRefused
from workers.signing_in import Whence
from workers.who import Who


@dataclass(frozen=True)
class NewUser:
    """Somebody who is to be let in; without a password they follow a link first (`workers.invitations`)."""

    name: str
    role: str
    display_name: str = ""
    password: str | None = field(default=None, repr=False)


async def add(services: Services, new: NewUser) -> UserView:
    """Let somebody in.

    Raises:
        AccountInvalid: a name or the role cannot be so.
        PasswordUnfit: the password may not be one.
        AccountTaken: somebody is called so already, or so that they pass for each other.
    """
    name, role = sign_in_name(new.name), role_of(new.role)
    display_name = shown_name(new.display_name or new.name)
    hashed = None if new.password is None else await services.passwords.chosen(new.password, name=name)
    async with services.database.unit_of_work() as work:
        users = Users(work.session, work.new_id)
        user_id = await users.add(name, display_name=display_name, role=role, password_hash=hashed)
        await work.commit()
    return UserView(user_id, name, display_name, role, active=True, has_password=hashed is not None)


@dataclass(frozen=True)
class Change:
    """What is to be different about somebody; None: it stays as it is."""

    role: str | None = None
    display_name: str | None = None
    active: bool | None = None


async def change(services: Services, reference: str, said: Change) -> UserView:
    """Change somebody, by their name or id, all at once; who is active no more is signed out, their links are closed.

    Raises:
        AccountInvalid: a name cannot be shown, or it is no role of a person.
        NotFound: there is no such person.
        LastAdmin: nobody else could let people in.
    """
    role = None if said.role is None else role_of(said.role)
    shown = None if said.display_name is None else shown_name(said.display_name)
    async with services.database.unit_of_work() as work:
        user = await people.user(work.session, reference)
        users = Users(work.session, work.new_id)
        if role is not None:
            await users.change_role(user.id, role)
        if shown is not None:
            await users.set_display_name(user.id, shown)
        if said.active is not None:
            await users.set_active(user.id, active=said.active)
        return await _done(services, work, user.id, ends=said.active is False)


async def change_role(services: Services, reference: str, role: str) -> UserView:
    """Give somebody another role (`change`)."""
    return await change(services, reference, Change(role=role))


async def rename(services: Services, reference: str, display_name: str) -> UserView:
    """Show somebody by another name (`change`)."""
    return await change(services, reference, Change(display_name=display_name))


async def enable(services: Services, reference: str) -> UserView:
    """Let somebody come in again (`change`)."""
    return await change(services, reference, Change(active=True))


async def disable(services: Services, reference: str) -> UserView:
    """Let somebody come in no more; their tokens are good for nothing meanwhile (`change`)."""
    return await change(services, reference, Change(active=False))


async def set_password(services: Services, reference: str, password: str) -> UserView:
    """Give somebody a password; all their sign-ins end.

    Raises:
        NotFound: there is no such person.
        PasswordUnfit: it may not be one.
    """
    async with services.database.session() as session:
        user = await people.user(session, reference)
    hashed = await services.passwords.chosen(password, name=user.name)
    async with services.database.unit_of_work() as work:
        await Users(work.session, work.new_id).set_password(user.id, hashed)
        return await _done(services, work, user.id, ends=True)


async def change_password(services: Services, who: Who, current: str, password: str, whence: Whence) -> None:
    """Let somebody who has signed in change their own password; their other sign-ins end.

    Raises:
        SignInPaused: the current one was wrong too often.
        SignInRefused: the current one is wrong.
        PasswordUnfit: the new one may not be one.
    """
    begun = await throttling.begin(services, who.name, whence.address)
    async with services.database.session() as session:
        found = await people.named(session, who.name)
    kept = found.password_hash if found is not None else None
    if not await services.passwords.verify(kept, current) or found is None:
        raise SignInRefused("The current password is another.")
    await throttling.forgive(services, begun)
    hashed = await services.passwords.chosen(password, name=found.name)
    async with services.database.unit_of_work() as work:
        users = Users(work.session, work.new_id)
        if (await users.hold(found.id)).password_hash != kept:
            raise SignInRefused("The current password is another by now.")
        await users.set_password(found.id, hashed)
        await _done(services, work, found.id, ends=True, but=who.sign_in_id)


def role_of(text: str) -> Role:
    """Return the role of a person that a word names.

    Raises:
        AccountInvalid: it names none.
    """
    if text not in PERSONS:
        raise AccountInvalid(f"expected one of {', '.join(PERSONS)}, got {text[:40]!r}", "role")
    return Role(text)


async def _done(
    services: Services, work: UnitOfWork, user_id: UUID, *, ends: bool = False, but: UUID | None = None
) -> UserView:
    """Commit a change of somebody; `ends`: with all their sign-ins but one, and their links."""
    if ends:
        now = services.clock()
        await SignIns(work.session, work.new_id).end(user_id, now, but=but)
        await Invitations(work.session, work.new_id).close(user_id, now)
    user = people.view_of(await Users(work.session, work.new_id).hold(user_id))
    await work.notify(PEOPLE, {"user_id": str(user_id)})
    await work.commit()
    return user
