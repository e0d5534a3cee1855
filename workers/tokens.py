"""Tokens, by which machines and people's programs come in.

1. A token's secret is told once, when it is made.
2. A person's token may what the person may at that moment; one of nobody has a role of its own, never admin. Scopes
   narrow either; what lets people in, no token may (`core.rights.token_scopes`).
3. It is good until it expires or is revoked, and, a person's, while they are active.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from core.account_name import shown_name
from core.errors import AccountInvalid
from core.rights import SIGNED_IN_ONLY, Role, may, token_scopes
from data.channels import PEOPLE
from data.errors import NotFound
from data.queries import people
from data.queries.people import TokenView, UserView
from data.repositories.tokens import USED_EVERY, Tokens
from data.repositories.tokens import NewToken as Row
from data.tables import UNATTENDED
from data.unit_of_work import UnitOfWork
from workers.composition import Services
from workers.secret import Kind, digest_of, make
from workers.who import Who


@dataclass(frozen=True)
class NewToken:
    """A token that is to be made: of somebody (`user`, by name or id), or of a role of its own."""

    name: str
    role: str | None = None
    user: str | None = None
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True)
class MadeToken:
    """A token that was made, with its secret, which is told this once."""

    token: TokenView
    secret: str = field(repr=False)


async def add(services: Services, new: NewToken) -> MadeToken:
    """Make a token.

    Raises:
        AccountInvalid: its name, role, scopes or expiry cannot be so.
        NotFound: there is no such person.
        AccountTaken: another that was not revoked is called so.
    """
    if new.expires_at is not None and new.expires_at <= services.clock():
        raise AccountInvalid("expected a moment that is yet to come", "expires_at")
    name, secret = shown_name(new.name, where="name"), make(Kind.TOKEN)
    async with services.database.unit_of_work() as work:
        user = await people.user(work.session, new.user) if new.user is not None else None
        role = _role(new, user)
        scopes = _scopes(new.scopes, user.role if user else role)
        own_role = None if user else role
        row = Row(name, user.id if user else None, own_role, scopes, secret.digest, secret.prefix, new.expires_at)
        token_id = await Tokens(work.session, work.new_id).add(row)
        made = await people.token(work.session, str(token_id))
        await work.commit()
    return MadeToken(made, secret.text)


async def revoke(services: Services, reference: str, *, of: Who | None = None) -> TokenView:
    """Let a token, by its id or name, be good for nothing; done again by its id, it changes nothing.

    Raises:
        NotFound: there is no such token, or it is not one `of` somebody's own.
    """
    if of is not None and of.user_id is None:
        raise NotFound("token", reference)
    async with services.database.unit_of_work() as work:
        token = await people.token(work.session, reference, user_id=of.user_id if of else None)
        await Tokens(work.session, work.new_id).revoke(token.id, services.clock())
        await work.notify(PEOPLE, {"token_id": str(token.id)})
        revoked = await _again(work, token)
        await work.commit()
    return revoked


async def resolve(services: Services, secret: str) -> Who | None:
    """Return whom a token stands for now, or None; that it was used is noted once a minute."""
    digest = digest_of(secret, Kind.TOKEN)
    if digest is None:
        return None
    async with services.database.session() as session:
        found = await people.token_of(session, digest)
    now = services.clock()
    if found is None:
        return None
    token, user = found
    if token.revoked_at or (token.expires_at and token.expires_at <= now) or (user and not user.active):
        return None
    who = Who(
        name=user.name if user else token.name,
        display_name=user.display_name if user else token.name,
        role=user.role if user else Role(str(token.role)),
        user_id=user.id if user else None,
        scopes=token_scopes(token.scopes),
        token_id=token.id,
    )
    if token.last_used_at is None or token.last_used_at <= now - USED_EVERY:
        await _used(services, who, now)
    return who


async def _used(services: Services, who: Who, now: datetime) -> None:
    assert who.token_id is not None  # noqa: S101 - it came by one
    async with services.database.unit_of_work(quiet=True) as work:
        await Tokens(work.session, work.new_id).use(who.token_id, now)
        await work.commit()


async def _again(work: UnitOfWork, token: TokenView) -> TokenView:
    work.session.expire_all()
    return await people.token(work.session, str(token.id))


def _role(new: NewToken, user: UserView | None) -> Role:
    if user is not None:
        if new.role is not None:
            raise AccountInvalid(f"expected none: a token of {user.name} has the role they have", "role")
        return user.role
    if new.role not in UNATTENDED:
        raise AccountInvalid(f"expected one of {', '.join(UNATTENDED)}, got {str(new.role)[:40]!r}", "role")
    return Role(new.role)


def _scopes(scopes: tuple[str, ...], role: Role) -> tuple[str, ...]:
    """Return scopes each once, if the role may them all and a token can be for them."""
    for scope in scopes:
        if not may(role, scope):
            raise AccountInvalid(f"expected what the role {role} may, got {scope[:40]!r}", "scopes")
        if scope in SIGNED_IN_ONLY:
            raise AccountInvalid(f"{scope} is for those who have signed in, never for a token", "scopes")
    return tuple(dict.fromkeys(scopes))
