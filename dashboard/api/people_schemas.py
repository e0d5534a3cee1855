"""People, tokens and sign-ins, as the API tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from core.rights import Role
from dashboard.api.moment import Moment
from dashboard.api.paging import ListView
from data.queries.people import SignInView, TokenView, UserView
from data.queries.presence import Presence
from workers.invitations import Link
from workers.tokens import MadeToken

PERSON: dict[str, Any] = {
    "id": "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d",
    "name": "ada",
    "display_name": "Ada",
    "role": "engineer",
    "active": True,
    "has_password": True,
    "sign_ins": 1,
    "last_seen_at": "2026-11-20T09:30:00Z",
}
LINK: dict[str, Any] = {"path": "/welcome/msl_...", "expires_at": "2026-11-23T09:30:00Z"}
SIGN_IN: dict[str, Any] = {
    "id": "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d",
    "since": "2026-11-20T08:00:00Z",
    "address": "192.0.2.7",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
    "last_seen_at": "2026-11-20T09:30:00Z",
    "expires_at": "2026-11-27T08:00:00Z",
    "current": True,
}
TOKEN: dict[str, Any] = {
    "id": "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d",
    "name": "AOI-3",
    "user": None,
    "role": "machine",
    "scopes": ["inspection.submit"],
    "prefix": "ms_Zk3u",
    "since": "2026-11-20T08:00:00Z",
    "expires_at": "2027-11-20T08:00:00Z",
    "revoked_at": None,
    "last_used_at": None,
}
Typed = Annotated[str, Field(max_length=4096)]


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [value]})


def _sent(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [value]})


class PersonView(BaseModel):
    """Somebody who signs in."""

    model_config = _example(PERSON)

    id: UUID
    name: str = Field(description="The name by which they sign in; it never changes.")
    display_name: str
    role: Role
    active: bool = Field(description="Whether they may come in.")
    has_password: bool = Field(description="False until they have followed their first link.")
    sign_ins: int = Field(description="In how many browsers they are signed in.")
    last_seen_at: datetime | None = Field(description="When they were seen last, within the last month or so.")

    @classmethod
    def of(cls, user: UserView, present: Presence) -> Self:
        """Make it."""
        return cls(**vars(user), **vars(present))


class PersonPage(ListView[PersonView]):
    """Some people, and where the list goes on."""


class NewPersonBody(BaseModel):
    """Somebody who is to be let in; they follow a link to set their password."""

    model_config = _sent({"name": "ada", "role": "engineer", "display_name": "Ada"})

    name: Typed
    role: Typed
    display_name: Typed = ""


class PersonChange(BaseModel):
    """What is to be different about somebody; what is left out stays."""

    model_config = _sent({"role": "manager"})

    role: Typed | None = None
    display_name: Typed | None = None
    active: Annotated[bool | None, Field(description="Whether they may come in.")] = None


class LinkView(BaseModel):
    """A one-time link, told this once."""

    model_config = _example(LINK)

    path: str = Field(description="Where on this server it leads: there they set their password.")
    expires_at: datetime

    @classmethod
    def of(cls, link: Link) -> Self:
        """Make it."""
        return cls(path=f"/welcome/{link.secret}", expires_at=link.expires_at)


class OneSignInView(BaseModel):
    """One browser in which somebody is signed in."""

    model_config = _example(SIGN_IN)

    id: UUID
    since: datetime
    address: str
    user_agent: str
    last_seen_at: datetime
    expires_at: datetime = Field(description="When it is over at the latest.")
    current: bool = Field(description="Whether it is the one by which this was asked.")

    @classmethod
    def of(cls, found: SignInView, current: UUID | None) -> Self:
        """Make it."""
        return cls(**vars(found), current=found.id == current)


class SignInList(BaseModel):
    """Where somebody is signed in, the one used last first."""

    items: list[OneSignInView]


class OneTokenView(BaseModel):
    """A token, without its secret."""

    model_config = _example(TOKEN)

    id: UUID
    name: str
    user: str | None = Field(description="Whose it is; null: it has a role of its own.")
    role: Role
    scopes: list[str] = Field(description="What of its role it may do; empty: all of it.")
    prefix: str = Field(description="The first letters of the secret, to tell it by.")
    since: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute, or so.")

    @classmethod
    def of(cls, found: TokenView) -> Self:
        """Make it."""
        return cls(**{**vars(found), "scopes": list(found.scopes)})


class TokenPage(ListView[OneTokenView]):
    """Some tokens, and where the list goes on."""


class MadeTokenView(OneTokenView):
    """A token that was just made, with its secret, which is told this once."""

    model_config = _example({**TOKEN, "secret": "ms_..."})

    secret: str

    @classmethod
    def made(cls, made: MadeToken) -> Self:
        """Make it."""
        return cls(**OneTokenView.of(made.token).model_dump(), secret=made.secret)


class OwnTokenBody(BaseModel):
    """A token of one's own that is to be made."""

    model_config = _sent({"name": "nightly", "scopes": ["inspection.read"], "expires_at": "2027-01-01T00:00:00Z"})

    name: Typed
    scopes: Annotated[list[Typed], Field(max_length=100, description="What it may do; none: all its role may.")] = []
    expires_at: Annotated[Moment | None, Field(description="Left out: it does not expire.")] = None


class TokenBody(OwnTokenBody):
    """A token of a role of its own that is to be made."""

    model_config = _sent({"name": "AOI-3", "role": "machine", "scopes": ["inspection.submit"]})

    role: Typed


class PasswordBody(BaseModel):
    """One's password, and the one to have from now on."""

    model_config = _sent({"current": "...", "password": "..."})

    current: Typed
    password: Typed
