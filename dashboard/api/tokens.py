"""The tokens by which machines come in, and those of people: list, make, revoke."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from dashboard.api.depends import WithServices
from dashboard.api.errors import documented
from dashboard.api.paging import Paged
from dashboard.api.people_schemas import MadeTokenView, OneTokenView, TokenBody, TokenPage
from data.queries import people
from workers import tokens
from workers.tokens import NewToken

router = APIRouter(prefix="/v1/tokens", tags=["people"])


class Wanted(Paged):
    """Which tokens to list."""

    revoked: Annotated[bool, Query(description="Whether to list those that were revoked, too.")] = True


@router.get(
    "", operation_id="listTokens", summary="List tokens, the newest first", responses=documented("cursor-invalid")
)
async def list_tokens(services: WithServices, wanted: Annotated[Wanted, Query()]) -> TokenPage:
    """List the tokens of machines and of people, without their secrets."""
    async with services.database.session() as session:
        page = await people.tokens(session, **wanted.model_dump())
    return TokenPage.of(page, OneTokenView.of)


@router.post(
    "",
    operation_id="makeToken",
    summary="Make a token of a role of its own",
    status_code=201,
    responses=documented("account-invalid", "account-taken", "origin-refused"),
)
async def make_token(services: WithServices, said: TokenBody) -> MadeTokenView:
    """Make a token for a machine or a program; its secret is told this once."""
    made = await tokens.add(services, NewToken(said.name, said.role, None, tuple(said.scopes), said.expires_at))
    return MadeTokenView.made(made)


@router.delete(
    "/{token_id}",
    operation_id="revokeToken",
    summary="Revoke a token",
    status_code=204,
    responses=documented("origin-refused", "token-not-found"),
)
async def revoke_token(services: WithServices, token_id: UUID) -> None:
    """Let a token be good for nothing, at once and for ever; done again, it changes nothing."""
    await tokens.revoke(services, str(token_id))
