"""The door of the API: whoever is nobody goes no further than what is open to all.

1. Who asks is found out once a request, before its body is read (`dashboard.identity`); it acts as them from there on.
2. What is not open (`dashboard.api.permits.OPEN`, and the files of the pages) is refused to nobody: people are led to
   the sign-in and back, programs are told.
3. What somebody's role does not allow is refused by their role, before the body is read (`permitted`).
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from core.rights import RIGHTS, Action, may
from dashboard.api.errors import RETRY_AFTER_S, ApiProblem
from dashboard.api.failures import answer, is_browser
from dashboard.api.permits import OPEN, PERMITS
from dashboard.api.request_id import id_of
from dashboard.identity import Credentials, Identities
from data.acting import Actor, acting_as
from data.outage import AWAY, is_away
from workers.who import Who

FILES = ("/assets/", "/favicon.ico")
NOBODY = "system:entrance"
"""Who acts in the course of a request of nobody: signing in."""

_AWAY = "marksight.away"

_OPEN = tuple((method, compile_path(path)[0]) for method, path in OPEN)


class Known:
    """Middleware that knows who asks (`who_asks`), in whose name all is done from there on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on as its user's, or as nobody's."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        try:
            who = await _who(request)
        except AWAY as error:
            if not is_away(error):
                raise
            who, away = None, True
        else:
            away = False
        scope.setdefault("state", {}).update({"who": who, _AWAY: away})
        with acting_as(who.actor(id_of(request)) if who else Actor(NOBODY, id_of(request))):
            await self.app(scope, receive, send)


class Entry:
    """Middleware that lets nobody in where somebody is needed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        refusal = _refusal(Request(scope)) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)


def who_asks(request: Request) -> Who | None:
    """Return who asks, as found out at the door."""
    found: Who | None = request.scope.get("state", {}).get("who")
    return found


def is_open(request: Request) -> bool:
    """Return whether whoever reaches the server may ask for this."""
    method, path = "GET" if request.method == "HEAD" else request.method, request.url.path
    if method == "GET" and path.startswith(FILES):
        return True
    return any(method == allowed and pattern.fullmatch(path) for allowed, pattern in _OPEN)


def permitted(request: Request) -> None:
    """Refuse a route to whoever may not ask for it; a route that no table names is refused to all.

    Raises:
        ApiProblem: they may not.
    """
    route = (request.method, request.scope["route"].path)
    if route in OPEN:
        return
    who, action = who_asks(request), PERMITS.get(route)
    if who is None or action is None or not who.may(action):
        raise ApiProblem("forbidden", _in_words(who, action))


def _in_words(who: Who | None, action: Action | None) -> str:
    if who is None or action is None:
        return "Nobody may ask for this."
    whose = "This token" if who.scopes is not None and may(who.role, action) else f"The role {who.role}"
    return f"{whose} does not allow to {RIGHTS[action].words}."


async def _who(request: Request) -> Who | None:
    identities: Identities = request.app.state.identities
    shown = Credentials.of(request.cookies, request.headers.get("authorization", ""))
    return await identities.who(shown, used=not is_open(request))


def _refusal(request: Request) -> Response | None:
    if who_asks(request) is not None or is_open(request):
        return None
    if request.scope["state"][_AWAY]:
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        return answer(request, "database-away", "Who you are cannot be looked up now.", headers=headers)
    if is_browser(request) and request.method in {"GET", "HEAD"}:
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(asked, safe='')}", 303)
    headers = {"WWW-Authenticate": 'Bearer realm="Marksight"'}
    return answer(request, "unauthenticated", "Nothing in the request says who sends it.", headers=headers)
