"""How the first admin comes in: as the settings say or, if they say nothing, by a one-time link.

Harmless at every start, and by several processes at once: once there is an admin who can sign in, nothing is done.
"""

from __future__ import annotations

from core.account_name import sign_in_name
from core.errors import AccountInvalid
from core.rights import Role
from data.queries import people
from data.queries.people import UserView
from data.repositories.users import Users
from workers.composition import Services
from workers.invitations import Link, keep
from workers.secret import Kind, make


async def ensure_first_admin(services: Services) -> UserView | Link | None:
    """Return the admin who was made as the settings say, a link for whoever is to be it, or None if there is one.

    Raises:
        AccountInvalid: the settings name an admin without a password, or the other way round, or one who cannot be so.
        PasswordUnfit: the password in the settings may not be one.
    """
    async with services.database.session() as session:
        if await Users(session, services.database.ids).has_admin():
            return None
    name, password = services.settings.admin_user, services.settings.admin_password
    if (name is None) != (password is None):
        raise AccountInvalid("expected both or none of them", "MARKSIGHT_ADMIN_USER and MARKSIGHT_ADMIN_PASSWORD")
    if name is None or password is None:
        return await _link(services)
    return await _made(services, sign_in_name(name), password.get_secret_value())


async def _link(services: Services) -> Link | None:
    secret = make(Kind.LINK)
    async with services.database.unit_of_work() as work:
        users = Users(work.session, work.new_id)
        await users.in_turn()
        if await users.has_admin():
            return None
        expires_at = await keep(services, work, None, secret)
        await work.commit()
    return Link(secret.text, None, expires_at)


async def _made(services: Services, name: str, password: str) -> UserView | None:
    """Make the admin; somebody of that name who could not sign in as one can from now on."""
    hashed = await services.passwords.chosen(password, name=name)
    async with services.database.unit_of_work() as work:
        users = Users(work.session, work.new_id)
        await users.in_turn()
        if await users.has_admin():
            return None
        found = await people.named(work.session, name)
        if found is None:
            user_id = await users.add(name, display_name=name, role=Role.ADMIN, password_hash=hashed)
        else:
            user_id = found.id
            await users.set_password(user_id, hashed)
            await users.set_active(user_id, active=True)
            await users.change_role(user_id, Role.ADMIN)
        made = people.view_of(await users.hold(user_id))
        await work.commit()
    return made
