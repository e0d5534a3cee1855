"""Who asks: the one place that turns a cookie or a token into somebody, for pages, API and sockets alike.

1. A token counts before a cookie. Whatever is neither, or is good for nothing any more, is nobody.
2. Who was found is remembered for `FRESH_S`, and looked up anew at once when the database tells that what somebody
   may has changed (`data.channels.PEOPLE`): whatever is taken from somebody is gone then, or within `FRESH_S`.
3. While the database is away, whoever was found within the last `KEPT_S` is still taken for who they were: machines go
   on sending what is spooled meanwhile. Nobody else comes in then.
4. A page that is only open uses no sign-in: what it asks for by itself does not put off when that is over (`used`).
5. Where the settings say so (`single_user`), whoever reaches the server is its one user; it is bound to its own machine
   then, or does not start (`check_single_user`).
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from core.errors import MarksightError
from core.rights import Role
from dashboard.origins import is_loopback
from data.channels import PEOPLE
from data.listening import Listener
from data.outage import AWAY, PATIENCE_S, is_away
from data.settings import Settings
from data.tables import Document
from workers import preferences, signing_in, tokens
from workers.composition import Services
from workers.who import Who

FRESH_S = 2.0
KEPT_S = 900.0
MOST = 10_000
"""So many who came in are remembered; the one who was not seen for longest is forgotten first."""

COOKIE, SECURE_COOKIE = "marksight_session", "__Host-marksight_session"
"""The second name is kept by browsers only of what came over TLS, for this host alone."""

LOCAL = Who("local", "Local user", Role.ADMIN)


class NotForOthers(MarksightError):
    """A server that lets everybody in may be reached by others than its own machine."""


@dataclass(frozen=True)
class Credentials:
    """What somebody shows: the secret of a sign-in, or a token."""

    session: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, cookies: Mapping[str, str], authorization: str = "") -> Credentials:
        """Return what a request shows, by its cookies and its header `Authorization`."""
        scheme, _, token = authorization.partition(" ")
        session = cookies.get(SECURE_COOKIE) or cookies.get(COOKIE)
        return cls(session, token.strip() if scheme.lower() == "bearer" else None)


@dataclass(frozen=True)
class _Found:
    who: Who
    at: float
    used: bool
    fresh: bool = True


class Identities:
    """Who asks, of the requests of one process; `clock` is a monotonic one."""

    def __init__(self, services: Services, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        self._found: OrderedDict[Credentials, _Found] = OrderedDict()

    @property
    def everybody_is_local(self) -> bool:
        """Whether whoever reaches the server is its one user."""
        return self._services.settings.single_user

    async def who(self, shown: Credentials, *, used: bool = True) -> Who | None:
        """Return whom credentials stand for now, or None for nobody; not `used`: nobody did anything with them.

        Raises:
            AWAY: the database is away, and they were not seen lately.
        """
        if self.everybody_is_local:
            return LOCAL
        if shown.session is None and shown.token is None:
            return None
        before = self._found.get(shown)
        noted = before is not None and (before.used or not used)
        if before is not None and noted and before.fresh and self._clock() - before.at < FRESH_S:
            return before.who
        return await self._look(shown, before, used=used)

    async def preferences(self, who: Who | None) -> Document:
        """Return what somebody prefers; nothing of it is needed, so while the database is away it is nothing."""
        if who is None or who.user_id is None:
            return {}
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await preferences.read(self._services, who.user_id)
        except AWAY as error:
            if not is_away(error):
                raise
            return {}

    @contextmanager
    def following(self, listener: Listener) -> Iterator[None]:
        """Hear at once of what somebody may no more, while the context lasts."""
        with listener.follow((PEOPLE,), lambda *_: self._doubt_all()):
            yield

    def _doubt_all(self) -> None:
        for shown, found in self._found.items():
            self._found[shown] = replace(found, fresh=False)

    async def _look(self, shown: Credentials, before: _Found | None, *, used: bool) -> Who | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                who = await self._resolve(shown, used=used)
        except AWAY as error:
            if not is_away(error) or before is None or self._clock() - before.at >= KEPT_S:
                raise
            return before.who
        self._found.pop(shown, None)
        if who is not None:
            self._found[shown] = _Found(who, self._clock(), used)
        while len(self._found) > MOST:
            self._found.popitem(last=False)
        return who

    async def _resolve(self, shown: Credentials, *, used: bool) -> Who | None:
        if shown.token is not None:
            return await tokens.resolve(self._services, shown.token)
        return await signing_in.resolve(self._services, shown.session or "", used=used)


def check_single_user(settings: Settings) -> None:
    """See that a server which lets everybody in is reached by nobody else.

    Raises:
        NotForOthers: it is bound to an address that others reach.
    """
    if settings.single_user and not is_loopback(settings.host):
        raise NotForOthers(
            f"MARKSIGHT_SINGLE_USER lets in whoever reaches the server, so it is for 127.0.0.1 alone, and not for "
            f"{settings.host or 'every address'}: unset one of the two."
        )
