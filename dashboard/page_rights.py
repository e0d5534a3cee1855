"""Which pages there are, what whoever sees one may, and which one somebody finds first."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.rights import Action, Role
from workers.who import Who

PAGE_RIGHTS: Mapping[str, Action] = {
    "inspect": "inspection.read",
    "runs": "inspection.read",
    "plant": "plant.read",
    "people": "people.edit",
    "system": "system.read",
    "account": "own.profile",
}
"""The pages, in the order of the rail; one's account is behind one's name in the strip."""

FIRST: Mapping[Role, str] = {Role.MANAGER: "runs"}
"""The page that somebody of a role looks at first; of any other, the first that they may see."""


def seen_by(who: Who | None) -> frozenset[str]:
    """Return the pages that somebody may see."""
    return frozenset(name for name, action in PAGE_RIGHTS.items() if who is not None and who.may(action))


def first_page(who: Who, served: Collection[str]) -> str:
    """Return the address that somebody finds first, among the pages that are `served` by address."""
    names = (*((FIRST[who.role],) if who.role in FIRST else ()), *PAGE_RIGHTS)
    may = seen_by(who)
    found = (f"/{name}" for name in names if name in may and f"/{name}" in served)
    return next(found, "/docs")
