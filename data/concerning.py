"""What is being worked on, for the log: the run, inspection or batch in whose course a line is written.

1. Who begins to deal with one says so once (`concerning`); every line that is logged in its course names it.
2. An id that is known only later, such as that of what has just been taken in, is added by `learn` to the innermost
   `concerning` around it, and so is named by who opened that one, at its end.
3. These are for the eyes of who reads the log; nothing is ever decided by them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

IDS = ("run_id", "inspection_id", "batch_id")
"""What a line may concern, in the order in which a line names them."""

_CONCERNED: ContextVar[dict[str, str] | None] = ContextVar("concerned", default=None)


def concerned() -> dict[str, str]:
    """Return the ids of what is being worked on, by their names."""
    return dict(_CONCERNED.get() or {})


@contextmanager
def concerning(**ids: UUID | None) -> Iterator[None]:
    """Let everything in the context concern `ids` (of `IDS`) too; None adds nothing.

    Raises:
        TypeError: there is no such id.
    """
    token = _CONCERNED.set({**concerned(), **_checked(ids)})
    try:
        yield
    finally:
        _CONCERNED.reset(token)


def learn(**ids: UUID | None) -> None:
    """Add ids to the context around; outside any, nobody wants to know.

    Raises:
        TypeError: there is no such id.
    """
    around = _CONCERNED.get()
    told = _checked(ids)
    if around is not None:
        around.update(told)


def _checked(ids: dict[str, UUID | None]) -> dict[str, str]:
    if not ids.keys() <= set(IDS):
        raise TypeError(f"expected ids of {', '.join(IDS)}, got {', '.join(ids)}")
    return {name: str(value) for name, value in ids.items() if value is not None}
