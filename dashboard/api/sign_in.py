"""Signing in and out, and following a one-time link: pages for browsers, without any script."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from core.errors import AccountInvalid, MarksightError, PasswordUnfit
from dashboard.api.depends import WithServices
from dashboard.api.entry import who_asks
from dashboard.api.errors import PROBLEMS
from dashboard.api.failures import code_of
from dashboard.api.sign_in_page import REASONS, dead_link_page, local_path, sign_in_page, welcome_page
from dashboard.identity import COOKIE, SECURE_COOKIE, Identities
from data.errors import AccountTaken
from data.settings import Settings
from workers import invitations, signing_in
from workers.composition import Services
from workers.errors import AccessRefused, LinkSpent, SignInPaused
from workers.invitations import FirstAdmin
from workers.signing_in import SignedIn, Whence

ONLY_ONE = "The server has one user and no sign-in (MARKSIGHT_SINGLE_USER)."
NOT_KEPT = {"Cache-Control": "no-store"}
MOST_TYPED = 4096

Typed = Annotated[str, Form(max_length=MOST_TYPED)]

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/sign-in")
async def show_sign_in(
    request: Request,
    next_: Annotated[str | None, Query(alias="next")] = None,
    why: Annotated[str | None, Query()] = None,
) -> Response:
    """Ask for name and password; whoever is signed in goes on."""
    if who_asks(request) is not None:
        return RedirectResponse(local_path(next_), 303)
    return _page(sign_in_page(go_on_to=local_path(next_), notice=REASONS.get(why or "", "")))


@router.post("/sign-in")
async def sign_in(
    request: Request,
    services: WithServices,
    name: Typed,
    password: Typed,
    next_: Annotated[str, Form(alias="next", max_length=MOST_TYPED)] = "",
) -> Response:
    """Sign in, and go on to where one wanted to."""
    identities: Identities = request.app.state.identities
    if identities.everybody_is_local:
        return RedirectResponse(local_path(next_), 303)
    try:
        signed_in = await signing_in.sign_in(services, name, password, whence(request))
    except AccessRefused as error:
        again = sign_in_page(go_on_to=local_path(next_), name=name, wrong=str(error))
        later = {"Retry-After": str(error.retry_s)} if isinstance(error, SignInPaused) else None
        return _page(again, error, later)
    return _in(services.settings, signed_in, local_path(next_))


@router.post("/sign-out")
async def sign_out(request: Request, services: WithServices) -> Response:
    """Sign out here, and forget the cookie."""
    who = who_asks(request)
    if who is not None:
        await signing_in.sign_out(services, who)
    answer = RedirectResponse("/sign-in?why=out", 303)
    for name in (COOKIE, SECURE_COOKIE):
        answer.delete_cookie(name, path="/", secure=name == SECURE_COOKIE, httponly=True, samesite="lax")
    return answer


@router.get("/welcome/{secret}")
async def show_welcome(services: WithServices, secret: str) -> Response:
    """Ask whoever follows a one-time link for a password, and the first admin for a name."""
    return await _welcome(services, secret)


@router.post("/welcome/{secret}")
async def welcome(
    request: Request, services: WithServices, secret: str, password: Typed, again: Typed, name: Typed = ""
) -> Response:
    """Set the password that was chosen, and sign in with it."""
    if password != again:
        return await _welcome(services, secret, PasswordUnfit("differs", "The two are not the same."))
    try:
        user = await invitations.use(services, secret, password, first=FirstAdmin(name) if name else None)
    except LinkSpent as error:
        return _page(dead_link_page(), error)
    except (PasswordUnfit, AccountInvalid, AccountTaken) as error:
        return await _welcome(services, secret, error)
    signed_in = await signing_in.sign_in(services, user.name, password, whence(request))
    return _in(services.settings, signed_in, "/")


def whence(request: Request) -> Whence:
    """Return where a request comes from."""
    address = request.client.host if request.client else ""
    return Whence(address, request.headers.get("user-agent", ""))


async def _welcome(services: Services, secret: str, error: MarksightError | None = None) -> Response:
    try:
        offer = await invitations.look(services, secret)
    except LinkSpent as spent:
        return _page(dead_link_page(), spent)
    name, wrong = offer.user.name if offer.user else None, str(error) if error else ""
    return _page(welcome_page(name=name, role="administrator", secret=secret, wrong=wrong), error)


def _in(settings: Settings, signed_in: SignedIn, go_on_to: str) -> Response:
    answer = RedirectResponse(go_on_to, 303, headers=NOT_KEPT)
    secure = settings.behind_tls
    answer.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        signed_in.secret,
        expires=signed_in.expires_at,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )
    return answer


def _page(html: str, error: MarksightError | None = None, headers: dict[str, str] | None = None) -> Response:
    status = PROBLEMS[code_of(error)].status if error else 200
    return HTMLResponse(html, status, {**NOT_KEPT, "Referrer-Policy": "same-origin", **(headers or {})})
