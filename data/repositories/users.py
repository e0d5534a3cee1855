"""Writes people.

1. There is always an admin who can sign in, once there was one: whoever could be the last is not let go. Whatever
   changes who is an admin takes its turn (`in_turn`), so that no two let go of each other at once.
2. Nobody is deleted, and no name changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.rights import Role
from data.errors import AccountTaken, LastAdmin, NotFound
from data.tables import User

_IN_TURN = text("SELECT pg_advisory_xact_lock(hashtext('marksight:admins'))")


class Users:
    """People as they are written."""

    def __init__(self, session: AsyncSession, new_id: Callable[[], UUID]) -> None:
        self._session = session
        self._new_id = new_id

    async def in_turn(self) -> None:
        """Let nobody else change who is an admin until the unit of work ends."""
        await self._session.execute(_IN_TURN)

    async def add(self, name: str, *, display_name: str, role: Role, password_hash: str | None = None) -> UUID:
        """Add somebody, by a name that `core.account_name` has checked; return their id.

        Raises:
            AccountTaken: somebody has that name, or one that passes for it.
        """
        row = {"id": self._new_id(), "name": name, "display_name": display_name, "role": role}
        added = insert(User).values({**row, "password_hash": password_hash}).on_conflict_do_nothing()
        made: UUID | None = await self._session.scalar(added.returning(User.id))
        if made is None:
            raise AccountTaken(f"Somebody is called {name} already, or so that one could take it for that.")
        return made

    async def has_admin(self) -> bool:
        """Return whether there is an admin who can sign in."""
        return await self._session.scalar(select(User.id).where(*_ABLE).limit(1)) is not None

    async def change_role(self, user_id: UUID, role: Role) -> bool:
        """Give somebody another role; False if it is the one they have.

        Raises:
            NotFound: there is no such person.
            LastAdmin: nobody else could let people in.
        """
        if role is not Role.ADMIN:
            await self._not_the_last(user_id)
        return await self._set(user_id, User.role != role, role=role)

    async def set_active(self, user_id: UUID, *, active: bool) -> bool:
        """Let somebody come in again, or no more; False if it was so before.

        Raises:
            NotFound: there is no such person.
            LastAdmin: nobody else could let people in.
        """
        if not active:
            await self._not_the_last(user_id)
        return await self._set(user_id, User.active.is_not(active), active=active)

    async def set_display_name(self, user_id: UUID, display_name: str) -> bool:
        """Show somebody by another name; False if it is the one they have.

        Raises:
            NotFound: there is no such person.
        """
        return await self._set(user_id, User.display_name != display_name, display_name=display_name)

    async def set_password(self, user_id: UUID, password_hash: str) -> None:
        """Keep another hash of a password.

        Raises:
            NotFound: there is no such person.
        """
        await self._set(user_id, User.password_hash.is_distinct_from(password_hash), password_hash=password_hash)

    async def replace_hash(self, user_id: UUID, before: str, after: str) -> None:
        """Keep the same password by another hash, unless it was changed meanwhile."""
        same = update(User).where(User.id == user_id, User.password_hash == before)
        await self._session.execute(same.values(password_hash=after))

    async def hold(self, user_id: UUID) -> User:
        """Return somebody as they are, and let nobody else change them until the unit of work ends.

        Raises:
            NotFound: there is no such person.
        """
        held = select(User).where(User.id == user_id).with_for_update().execution_options(populate_existing=True)
        found = await self._session.scalar(held)
        if found is None:
            raise NotFound("user", user_id)
        return found

    async def _not_the_last(self, user_id: UUID) -> None:
        await self.in_turn()
        able = set(await self._session.scalars(select(User.id).where(*_ABLE)))
        if able == {user_id}:
            raise LastAdmin("This is the only admin who can sign in; let somebody else be one first.")

    async def _set(self, user_id: UUID, differs: ColumnElement[bool], **values: Any) -> bool:
        changed = update(User).where(User.id == user_id, differs).values(values).returning(User.id)
        if await self._session.scalar(changed) is not None:
            return True
        await self.hold(user_id)
        return False


_ABLE = (User.role == Role.ADMIN, User.active, User.password_hash.is_not(None))
