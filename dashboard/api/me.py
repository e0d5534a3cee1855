"""Who one is to the server, and what one prefers."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from core.rights import ACTIONS, Role
from dashboard.api.depends import WithServices, WithUser
from dashboard.api.errors import documented
from workers import preferences
from workers.composition import Services
from workers.who import Who

EXAMPLE: dict[str, Any] = {
    "name": "ada",
    "display_name": "Ada",
    "role": "engineer",
    "may": ["inspection.read", "inspection.submit", "recipe.edit"],
    "preferences": {"theme": "dark", "time_zone": "Europe/Berlin"},
}

router = APIRouter(prefix="/v1/me", tags=["people"])


class MeView(BaseModel):
    """Who asks, and all they may do."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: str = Field(description="The name by which somebody signs in, or that of a token.")
    display_name: str
    role: Role
    may: list[str] = Field(description="The actions that the role allows, and the token, if it is one.")
    preferences: dict[str, Any] = Field(description="Theme, units, time zone, settings of pages; empty for a token.")


class MeChange(BaseModel):
    """What somebody prefers from now on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"preferences": EXAMPLE["preferences"]}]})

    preferences: dict[str, Any] = Field(description="`theme`, `units`, `time_zone` and, by page, `pages`.")


@router.get("", operation_id="getMe", summary="Tell who asks, and what they may", responses=documented())
async def get_me(services: WithServices, who: WithUser) -> MeView:
    """Tell who asks."""
    return await _view(services, who)


@router.patch(
    "",
    operation_id="changeMe",
    summary="Change what one prefers",
    responses=documented("account-invalid", "request-invalid"),
)
async def change_me(
    services: WithServices,
    who: WithUser,
    body: MeChange,
) -> MeView:
    """Keep `preferences` in place of those kept before. Whoever is nobody's in particular prefers nothing."""
    if who.user_id is not None:
        await preferences.write(services, who.user_id, body.preferences)
    else:
        preferences.check(body.preferences)
    return await _view(services, who)


async def _view(services: Services, who: Who) -> MeView:
    kept = await preferences.read(services, who.user_id) if who.user_id is not None else {}
    may = [action for action in ACTIONS if who.may(action)]
    return MeView(name=who.name, display_name=who.display_name, role=who.role, may=may, preferences=kept)
