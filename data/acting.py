"""Who acts: told to the database with every transaction, which refuses to keep a decision of nobody.

1. Whoever comes in says so once, at the door: a request, a page, a job, a command (`acting_as`). What is done in
   its course, in whatever task or thread, is done by that actor.
2. A unit of work tells the database (`data.saying_who`), for its own transaction alone.
3. Names begin with what the actor is: `user:`, `machine:` or `system:`; what the program does by itself is `system:`
   and the part that does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from data.errors import NobodyActs

MOST_NAME = 200
MOST_REQUEST_ID = 100
_NAME = re.compile(r"(user|machine|system):[^\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Actor:
    """Somebody, or a part of the program, and the request in whose course they act, if it is one."""

    name: str
    request_id: str | None = None

    def __post_init__(self) -> None:
        """Check the name.

        Raises:
            ValueError: it does not begin with what the actor is, or is too long.
        """
        if len(self.name) > MOST_NAME or not _NAME.fullmatch(self.name):
            raise ValueError(
                f"expected user:, machine: or system: and a name of at most {MOST_NAME}, got {self.name!r}"
            )
        if self.request_id is not None and not 0 < len(self.request_id) <= MOST_REQUEST_ID:
            raise ValueError(f"expected a request id of 1 to {MOST_REQUEST_ID} characters, got {self.request_id!r}")


_ACTING: ContextVar[Actor | None] = ContextVar("acting", default=None)


def acting() -> Actor:
    """Return who acts now.

    Raises:
        NobodyActs: nobody said so at the door.
    """
    actor = _ACTING.get()
    if actor is None:
        raise NobodyActs("Nobody is said to act here: whoever comes in says who it is (data.acting.acting_as).")
    return actor


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Let everything in the context be done by `actor`."""
    token = _ACTING.set(actor)
    try:
        yield
    finally:
        _ACTING.reset(token)


def act_as(actor: Actor) -> None:
    """Let everything from here on be done by `actor`: for a program that is one and the same from start to end."""
    _ACTING.set(actor)
