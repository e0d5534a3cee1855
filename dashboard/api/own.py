"""What is one's own: password, where one is signed in, tokens."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from dashboard.api.depends import WithServices, WithUser
from dashboard.api.errors import ApiProblem, documented
from dashboard.api.paging import Paged
from dashboard.api.people_schemas import (
    MadeTokenView,
    OneSignInView,
    OneTokenView,
    OwnTokenBody,
    PasswordBody,
    SignInList,
    TokenPage,
)
from dashboard.api.sign_in import whence
from data.queries import people
from workers import accounts, signing_in, tokens
from workers.tokens import NewToken
from workers.who import Who

NOBODYS = "The server has one user and no sign-in (MARKSIGHT_SINGLE_USER): there is nothing here of anybody's own."

router = APIRouter(prefix="/v1/me", tags=["people"])


@router.post(
    "/password",
    operation_id="changePassword",
    summary="Change one's password",
    status_code=204,
    responses=documented(
        "not-of-anybody", "origin-refused", "password-unfit", "sign-in-paused", "sign-in-refused", "account-invalid"
    ),
)
async def change_password(request: Request, services: WithServices, who: WithUser, said: PasswordBody) -> None:
    """Set another password, knowing the current one; every other sign-in ends."""
    _own(who)
    await accounts.change_password(services, who, said.current, said.password, whence(request))


@router.get(
    "/sign-ins",
    operation_id="listMySignIns",
    summary="Tell where one is signed in",
    responses=documented("not-of-anybody"),
)
async def list_sign_ins(services: WithServices, who: WithUser) -> SignInList:
    """Tell the browsers in which one is signed in, the one used last first."""
    found = await signing_in.lasting(services, _own(who))
    return SignInList(items=[OneSignInView.of(each, who.sign_in_id) for each in found])


@router.delete(
    "/sign-ins",
    operation_id="endMyOtherSignIns",
    summary="Sign out everywhere else",
    status_code=204,
    responses=documented("not-of-anybody", "origin-refused"),
)
async def end_others(services: WithServices, who: WithUser) -> None:
    """End every sign-in but the one by which this is asked."""
    await signing_in.sign_out_everywhere(services, _own(who), but=who.sign_in_id)


@router.delete(
    "/sign-ins/{sign_in_id}",
    operation_id="endMySignIn",
    summary="End one sign-in",
    status_code=204,
    responses=documented("not-of-anybody", "origin-refused", "sign-in-not-found"),
)
async def end_one(services: WithServices, who: WithUser, sign_in_id: UUID) -> None:
    """End one of one's sign-ins; its pages close within seconds."""
    await signing_in.end(services, _own(who), sign_in_id)


@router.get(
    "/tokens",
    operation_id="listMyTokens",
    summary="List one's tokens, the newest first",
    responses=documented("cursor-invalid", "not-of-anybody"),
)
async def list_tokens(services: WithServices, who: WithUser, wanted: Annotated[Paged, Query()]) -> TokenPage:
    """List one's tokens, those that were revoked too."""
    user_id = _own(who)
    async with services.database.session() as session:
        page = await people.tokens(session, user_id=user_id, cursor=wanted.cursor, limit=wanted.limit)
    return TokenPage.of(page, OneTokenView.of)


@router.post(
    "/tokens",
    operation_id="makeMyToken",
    summary="Make a token of one's own",
    status_code=201,
    responses=documented("account-invalid", "account-taken", "not-of-anybody", "origin-refused"),
)
async def make_token(services: WithServices, who: WithUser, said: OwnTokenBody) -> MadeTokenView:
    """Make a token that may what one may at that moment, or the scopes of it; its secret is told this once."""
    new = NewToken(said.name, user=str(_own(who)), scopes=tuple(said.scopes), expires_at=said.expires_at)
    return MadeTokenView.made(await tokens.add(services, new))


@router.delete(
    "/tokens/{token_id}",
    operation_id="revokeMyToken",
    summary="Revoke a token of one's own",
    status_code=204,
    responses=documented("not-of-anybody", "origin-refused", "token-not-found"),
)
async def revoke_token(services: WithServices, who: WithUser, token_id: UUID) -> None:
    """Let a token of one's own be good for nothing, at once and for ever."""
    _own(who)
    await tokens.revoke(services, str(token_id), of=who)


def _own(who: Who) -> UUID:
    if who.user_id is None:
        raise ApiProblem("not-of-anybody", NOBODYS)
    return who.user_id
