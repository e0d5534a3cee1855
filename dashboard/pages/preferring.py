"""What the user of an open page prefers: read when the page is drawn, kept as it is changed.

1. Somebody with an account has it kept there, so that it follows them from browser to browser.
2. Without a sign-in there is nobody to keep it for: it stays in the browser, in a cookie that pages are drawn by.
3. What a page is told by the browser is checked like anything else that comes in; what cannot be kept is dropped.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote

from core.errors import AccountInvalid
from data.outage import AWAY, is_away
from data.tables import Document
from workers import preferences
from workers.composition import Services
from workers.who import Who

COOKIE = "marksight_preferences"
MOST_COOKIE = 3000
"""Characters of the cookie: browsers drop one of more than 4096 bytes."""

Write = Callable[[Document], Awaitable[Document]]
Seen = Callable[[Document], None]

log = logging.getLogger(__name__)


class Preferring:
    """What is preferred on one open page; `write` keeps changes and returns all that is kept then."""

    def __init__(self, document: Document | None = None, write: Write | None = None) -> None:
        self.document: Document = document or {}
        self.seen: list[Seen] = []
        """Told of the whole document whenever it has changed."""
        self._write = write or self._remember
        self._turn = asyncio.Lock()

    def of_page(self, page: str) -> Mapping[str, Any]:
        """Return the settings of a page; empty where none were made."""
        found: Mapping[str, Any] = self.document.get("pages", {}).get(page, {})
        return found

    async def change(self, changes: Document) -> None:
        """Change some of it, in the order of being asked; the page shows it even if it cannot be kept just now.

        Raises:
            AccountInvalid: it cannot be kept; it names the member.
        """
        async with self._turn:
            before = self.document
            self.document = preferences.merged(before, changes)
            try:
                self.document = await self._write(changes)
            except AccountInvalid:
                self.document = before
                raise
            except AWAY as error:
                if not is_away(error):
                    raise
                log.warning("preferences were not kept: the database does not answer")
            for see in self.seen:
                see(self.document)

    async def told(self, changes: Any) -> None:
        """Change what a browser says; what cannot be so is dropped."""
        try:
            await self.change(changes if isinstance(changes, dict) else {})
        except AccountInvalid as error:
            log.warning("a page prefers what cannot be kept: %s", error)

    async def _remember(self, _: Document) -> Document:
        return preferences.check(self.document)


def of_somebody(services: Services, who: Who | None, document: Document) -> Preferring:
    """Return what `who` prefers, with all that is kept of it; whoever has no account keeps it in the browser."""
    user_id = None if who is None else who.user_id
    if user_id is None:
        return Preferring(document)
    return Preferring(document, lambda changes: preferences.change(services, user_id, changes))


def in_cookie(text: str) -> Document:
    """Return what a browser has kept; nothing, where it is not what was given to it."""
    try:
        found = json.loads(unquote(text[:MOST_COOKIE]))
        return preferences.check(found) if isinstance(found, dict) else {}
    except (ValueError, AccountInvalid):
        return {}
