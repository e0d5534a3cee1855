"""The user of a page: for whom it is drawn, and who does what is done on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from core.errors import MarksightError
from core.rights import RIGHTS, Action
from data.tables import Document
from workers.who import Who

_USER: ContextVar[Who | None] = ContextVar("page_user", default=None)
_PREFERS: ContextVar[Document | None] = ContextVar("page_preferences", default=None)


class Forbidden(MarksightError):
    """The user's role does not allow it."""

    def __init__(self, action: Action) -> None:
        super().__init__(f"Your role does not allow to {RIGHTS[action].words}.")
        self.action = action


def page_user() -> Who | None:
    """Return the user of the page that is drawn, or that something is done on; None beside any page."""
    return _USER.get()


def rights() -> frozenset[str]:
    """Return all that the user of the page may do, so that nothing else is offered; beside any page, nothing."""
    who = _USER.get()
    return frozenset() if who is None else who.rights


def must(action: Action) -> Who:
    """Return the user of the page, if they may do this now.

    Raises:
        Forbidden: they may not, or nobody does it.
    """
    who = _USER.get()
    if who is None or not who.may(action):
        raise Forbidden(action)
    return who


def is_used_by(who: Who | None, prefers: Document | None = None) -> None:
    """Let everything from here on, in this task, be done on a page of `who`, who `prefers` this."""
    _USER.set(who)
    _PREFERS.set(prefers)


def page_preferences() -> Document:
    """Return what the user of the page that is drawn prefers, as it is kept with their account."""
    return _PREFERS.get() or {}


@contextmanager
def used_by(who: Who | None) -> Iterator[None]:
    """Let everything in the context be done on a page of `who`."""
    token = _USER.set(who)
    try:
        yield
    finally:
        _USER.reset(token)
