"""Who is asking: the one place that turns a request's cookie or token into a user, for pages, API and sockets alike.

There is no sign-in yet: whoever reaches the server is its one local user, who may do everything. That is why the server
listens on 127.0.0.1 unless told otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person or a machine is here for."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    ENGINEER = "engineer"
    MANAGER = "manager"
    ADMIN = "admin"
    MACHINE = "machine"


@dataclass(frozen=True)
class User:
    """Somebody who may do what `role` may."""

    name: str
    role: Role


LOCAL_USER = User("local", Role.ADMIN)


def resolve(*, cookie: str | None = None, token: str | None = None) -> User:
    """Return the user that a session cookie or a bearer token stands for."""
    return LOCAL_USER
