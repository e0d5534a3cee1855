"""People for the tests of repositories and queries."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from core.rights import Role
from data.database import Database
from data.repositories.sign_ins import NewSignIn, SignIns
from data.repositories.users import Users
from tests.data.rows import MOMENT


def digest(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()


async def person(
    database: Database, name: str = "ada", role: Role = Role.VIEWER, password_hash: str | None = None
) -> UUID:
    async with database.unit_of_work() as work:
        users = Users(work.session, work.new_id)
        id_ = await users.add(name, display_name=name, role=role, password_hash=password_hash)
        await work.commit()
    return id_


async def sign_in(
    database: Database, user_id: UUID, secret: str, at: datetime = MOMENT, *, address: str = "192.0.2.7"
) -> UUID:
    new = NewSignIn(user_id, digest(secret), address, "", at, at + timedelta(days=7))
    async with database.unit_of_work() as work:
        id_ = await SignIns(work.session, work.new_id).begin(new)
        await work.commit()
    return id_
