"""Who somebody is once they have come in, by a sign-in or a token, and what they may."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.rights import ACTIONS, Role, may
from data.acting import Actor


@dataclass(frozen=True)
class Who:
    """Somebody who has come in: a person (`user_id`), or a token of a role of its own.

    `scopes` narrows what their role may; None: all of it. One of `sign_in_id` and `token_id` says by what they came.
    """

    name: str
    display_name: str
    role: Role
    user_id: UUID | None = None
    scopes: frozenset[str] | None = None
    sign_in_id: UUID | None = None
    token_id: UUID | None = None

    def may(self, action: str) -> bool:
        """Return whether they may do this (`core.rights`)."""
        return may(self.role, action, self.scopes)

    @property
    def rights(self) -> frozenset[str]:
        """All that they may do."""
        return frozenset(action for action in ACTIONS if self.may(action))

    def actor(self, request_id: str | None = None) -> Actor:
        """Return them as the audit trail names them."""
        kind = "machine" if self.token_id and not self.user_id else "user"
        return Actor(f"{kind}:{self.name}", request_id)
