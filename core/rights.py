"""Who may do what: every action there is, in words, and the roles that may do it.

1. What is not in the table, nobody may: deny by default.
2. A role has exactly the rights in its column; none holds another within it.
3. Scopes narrow what a role may, and never widen it: with scopes, an action must be among them too.
4. What lets people in, or changes how, is done by somebody who has signed in, never by a token (`token_scopes`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args


class Role(StrEnum):
    """What a person or a machine is here for."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    ENGINEER = "engineer"
    MANAGER = "manager"
    ADMIN = "admin"
    MACHINE = "machine"


PERSONS = (Role.VIEWER, Role.REVIEWER, Role.ENGINEER, Role.MANAGER, Role.ADMIN)
"""The roles a person can have."""

Action = Literal[
    "inspection.read",
    "inspection.submit",
    "unit.tell",
    "run.submit",
    "run.cancel",
    "recipe.read",
    "recipe.edit",
    "recipe.publish",
    "lot.start",
    "lot.hold",
    "lot.release",
    "lot.close",
    "plant.read",
    "plant.edit",
    "folder.edit",
    "trigger.count",
    "audit.read",
    "system.read",
    "metrics.read",
    "people.edit",
    "token.edit",
    "own.read",
    "own.profile",
    "own.token",
]
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True)
class Right:
    """What an action is, in words, and the roles that may do it."""

    words: str
    roles: frozenset[Role]

    def allows(self, role: Role) -> bool:
        """Return whether a role may do it."""
        return role in self.roles


def _right(words: str, *roles: Role) -> Right:
    return Right(words, frozenset(roles))


_REVIEWER, _ENGINEER, _MANAGER, _ADMIN, _MACHINE = list(Role)[1:]

RIGHTS: dict[Action, Right] = {
    "inspection.read": _right("see inspections, pictures, units and runs", *Role),
    "inspection.submit": _right("send pictures to be inspected", _ENGINEER, _ADMIN, _MACHINE),
    "unit.tell": _right("tell units before their pictures come, and take them back", _ENGINEER, _ADMIN, _MACHINE),
    "run.submit": _right("upload files as a run, and take back what one uploads", _ENGINEER, _ADMIN, _MACHINE),
    "run.cancel": _right("cancel a run, or try its failures anew", _ENGINEER, _MANAGER, _ADMIN),
    "recipe.read": _right("see recipes and their versions", *Role),
    "recipe.edit": _right("draft recipes", _ENGINEER, _ADMIN),
    "recipe.publish": _right("publish recipes: they judge from then on", _ENGINEER, _ADMIN),
    "lot.start": _right("start lots, and correct or delete those nothing came for", _ENGINEER, _ADMIN, _MACHINE),
    "lot.hold": _right("put lots on hold", _REVIEWER, _ENGINEER, _MANAGER, _ADMIN, _MACHINE),
    "lot.release": _right("take lots off hold", _ENGINEER, _MANAGER, _ADMIN),
    "lot.close": _right("close lots", _ENGINEER, _MANAGER, _ADMIN, _MACHINE),
    "plant.read": _right("see sites, lines, stations, lots and reconciliation", *Role),
    "plant.edit": _right("add, change and delete sites, lines and stations", _ENGINEER, _ADMIN),
    "folder.edit": _right("name, rest and forget watched folders", _ENGINEER, _ADMIN),
    "trigger.count": _right("say how often a station has triggered", _ENGINEER, _ADMIN, _MACHINE),
    "audit.read": _right("read the audit trail", _ENGINEER, _MANAGER, _ADMIN),
    "system.read": _right("see how the system stands", _ENGINEER, _MANAGER, _ADMIN),
    "metrics.read": _right("read metrics", _ENGINEER, _MANAGER, _ADMIN, _MACHINE),
    "people.edit": _right("add people, change their roles, end their sessions, let them set a password", _ADMIN),
    "token.edit": _right("make and revoke the tokens of machines, and revoke those of people", _ADMIN),
    "own.read": _right("see who one is signed in as", *Role),
    "own.profile": _right("change one's own password, preferences and sessions", *PERSONS),
    "own.token": _right("make and revoke one's own tokens", *PERSONS),
}


SIGNED_IN_ONLY: frozenset[str] = frozenset({"people.edit", "token.edit", "own.profile", "own.token"})


def token_scopes(scopes: Collection[str]) -> frozenset[str]:
    """Return what a token of these scopes is narrowed to; without any, to all that a token can be for."""
    return frozenset(scopes or ACTIONS) - SIGNED_IN_ONLY


def may(role: Role, action: str, scopes: Collection[str] | None = None) -> bool:
    """Return whether `role` may do `action`; with `scopes`, only if it is one of them."""
    right = RIGHTS.get(action)  # type: ignore[call-overload]  # what is no action, nobody may
    return right is not None and right.allows(role) and (scopes is None or action in scopes)
