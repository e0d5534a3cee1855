"""What the pages of people and of one's own account ask of the database, as the documents that their models take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from dashboard.api.people_schemas import OneSignInView, OneTokenView, PersonView
from data.queries import audit, people
from data.queries.people import TokenView
from workers import signing_in
from workers.composition import Services
from workers.who import Who

Document = dict[str, Any]
ROWS = 100
"""People and tokens fetched at a time."""


@dataclass(frozen=True)
class Found:
    """Some rows newest first, and where older ones go on."""

    rows: tuple[Document, ...]
    cursor: str | None


class PeopleReads:
    """Reads of people, sign-ins and tokens, over the services of this process."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def people(self, cursor: str | None = None) -> Found:
        """Return people, each with in how many browsers they are signed in."""
        async with self._services.database.session() as session:
            page = await people.users(session, cursor=cursor, limit=ROWS)
        present = await signing_in.present(self._services, [user.id for user in page.items])
        rows = (PersonView.of(user, present[user.id]).model_dump(mode="json") for user in page.items)
        return Found(tuple(rows), page.next_cursor)

    async def tokens(self, *, user_id: UUID | None = None, revoked: bool = False, cursor: str | None = None) -> Found:
        """Return tokens, of one person or all there are, each with how it stands and who made it."""
        now = self._services.clock()
        async with self._services.database.session() as session:
            page = await people.tokens(session, user_id=user_id, revoked=revoked, cursor=cursor, limit=ROWS)
            makers = await audit.makers(session, "tokens", [token.id for token in page.items])
        return Found(tuple(_token(token, makers, now) for token in page.items), page.next_cursor)

    async def sign_ins(self, who: Who) -> tuple[Document, ...]:
        """Return where somebody is signed in, the one used last first."""
        if who.user_id is None:
            return ()
        found = await signing_in.lasting(self._services, who.user_id)
        return tuple(OneSignInView.of(each, who.sign_in_id).model_dump(mode="json") for each in found)


def _token(token: TokenView, makers: Mapping[UUID, str], now: datetime) -> Document:
    stands = "good"
    if token.expires_at is not None and token.expires_at <= now:
        stands = "expired"
    if token.revoked_at is not None:
        stands = "revoked"
    return {
        **OneTokenView.of(token).model_dump(mode="json"),
        "standing": stands,
        "made_by": makers.get(token.id, ""),
    }
