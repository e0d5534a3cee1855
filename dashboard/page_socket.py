"""The door of the pages: nobody sees one, and what is done on one is done by its user.

1. A page is drawn, and its socket opened, for whoever is signed in; others are led to the sign-in, and back.
2. Everything that a person does on a page comes in by its socket: each message is handled, and whatever is begun by
   it, as the page's user under an id of its own. So no act of a page has to say who acts. Who that is, and what they
   may, is looked at anew each time (`dashboard.page_user`).
3. A page whose user is nobody any more, or has another role by now, is closed within seconds (`Pages.watch`); the
   browser loads it again then, and is led to the sign-in, or shown what the new role may see.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from bokeh.server.auth_provider import AuthProvider
from panel.io.server import WSHandler
from tornado.httputil import HTTPServerRequest
from tornado.web import Application, HTTPError, RequestHandler

from dashboard.identity import Credentials, Identities
from dashboard.origins import is_own
from dashboard.page_log import tell_closed
from dashboard.page_user import is_used_by, used_by
from data.acting import acting_as
from data.ids import IdMaker
from data.outage import AWAY, is_away
from workers.who import Who

LOOK_S = 2.0
PAGES = "marksight_pages"
MISDIRECTED = 421
ENDED = 4401
"""The code with which a socket is closed whose user is nobody any more; pages load themselves again then."""

log = logging.getLogger(__name__)


class PageDoor(AuthProvider):
    """Tells Panel's server who asks for a page, or that it is nobody; asked by a strange name, it answers nobody."""

    def __init__(self, identities: Identities, is_strange: Callable[[str], bool]) -> None:
        self._identities = identities
        self._is_strange = is_strange
        super().__init__()

    @property
    def get_user(self) -> None:
        """Nothing: it is asked for without holding up others."""
        return

    @property
    def get_user_async(self) -> Callable[[RequestHandler], Any]:
        """Who asks; None is led to the sign-in."""

        async def user(handler: RequestHandler) -> Who | None:
            if self._is_strange(handler.request.host):
                raise HTTPError(MISDIRECTED)
            try:
                who = await self._identities.who(shown_by(handler.request))
            except AWAY as error:
                if not is_away(error):
                    raise
                who = None
            drawn = not isinstance(handler, WSHandler)  # a socket is of a page that is drawn already
            is_used_by(who, await self._identities.preferences(who) if drawn else None)
            return who

        return user

    @property
    def login_url(self) -> str:
        """Where nobody is led to."""
        return "/sign-in"

    @property
    def get_login_url(self) -> None:
        """Nothing: it is the same for all."""
        return

    @property
    def login_handler(self) -> None:
        """Nothing: the API's app has it."""
        return

    @property
    def logout_url(self) -> None:
        """Nothing: signing out is no page."""
        return

    @property
    def logout_handler(self) -> None:
        """Nothing: the API's app has it."""
        return


def shown_by(request: HTTPServerRequest) -> Credentials:
    """Return what a request of a browser shows."""
    cookies = {name: morsel.value for name, morsel in request.cookies.items()}
    return Credentials.of(cookies, request.headers.get("Authorization", ""))


class PageSocket(WSHandler):
    """Panel's socket, whose messages act as the user whose page it is."""

    new_id: ClassVar[IdMaker] = IdMaker()

    def check_origin(self, origin: str) -> bool:
        """Return whether a page of `origin` may open it; Bokeh itself takes a name without a port for one of HTTP."""
        return is_own(origin, self.application.websocket_origins)

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Begin."""
        self._pages.opened.add(self)
        super().open(*args, **kwargs)

    def on_close(self) -> None:
        """End."""
        self._pages.opened.discard(self)
        tell_closed(self)
        super().on_close()

    async def on_message(self, fragment: str | bytes) -> None:
        """Handle a piece of a message, as whoever the page's user is now."""
        who = await self.look()
        if who is None:
            return
        with used_by(who), acting_as(who.actor(str(self.new_id()))):
            await super().on_message(fragment)

    async def look(self, *, used: bool = True) -> Who | None:
        """Return the page's user; close it if they are nobody any more, or have another role than before."""
        try:
            who = await self._pages.identities.who(shown_by(self.request), used=used)
        except AWAY as error:
            if not is_away(error):
                raise
            return None
        opened_by: Who = self.current_user
        if who is None or (who.name, who.role) != (opened_by.name, opened_by.role):
            self.close(ENDED, "signed out")
            return None
        return who

    @property
    def _pages(self) -> Pages:
        found: Pages = self.application.settings[PAGES]
        return found


@dataclass(eq=False)
class Pages:
    """The pages of a server that are open now, and who may see them."""

    identities: Identities
    opened: set[PageSocket] = field(default_factory=set)

    def guard(self, application: Application) -> None:
        """Put our sockets in the place of Panel's own in a server that is built."""
        application.settings[PAGES] = self
        for rule in application.wildcard_router.rules:
            if rule.target is WSHandler:
                rule.target = PageSocket

    async def watch(self) -> None:
        """Look after every open page now and then, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            for socket in tuple(self.opened):
                try:
                    await socket.look(used=False)
                except Exception:  # the boundary of one page: the others are looked after all the same
                    log.exception("a page cannot be looked after")
