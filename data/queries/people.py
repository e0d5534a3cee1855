"""Reads people, and finds whom a secret stands for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.account_name import folded
from core.ids import uuid7_time
from core.rights import Role
from data.errors import NotFound
from data.queries.page import Page, bounded, newest, page_of
from data.tables import Document, Invitation, Preferences, SignIn, Token, User


@dataclass(frozen=True)
class UserView:
    """Somebody who signs in; `has_password` is False until they have followed their first link."""

    id: UUID
    name: str
    display_name: str
    role: Role
    active: bool
    has_password: bool


@dataclass(frozen=True)
class SignInView:
    """One sign-in: when, from where, and when it was used last."""

    id: UUID
    since: datetime
    address: str
    user_agent: str
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class TokenView:
    """A token, without its secret: `user` is whose it is, or None for one of a role of its own."""

    id: UUID
    name: str
    user: str | None
    role: Role
    scopes: tuple[str, ...]
    prefix: str
    since: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


async def users(session: AsyncSession, *, cursor: str | None = None, limit: int | None = None) -> Page[UserView]:
    """Return people, the newest first.

    Raises:
        CursorInvalid: the cursor is not of this program.
    """
    size = bounded(limit)
    rows = await session.scalars(newest(select(User), User.id, cursor=cursor, size=size))
    return page_of([view_of(row) for row in rows], size, lambda item: item.id)


async def user(session: AsyncSession, reference: str) -> UserView:
    """Return the person who has `reference` as their id or name, however it is typed.

    Raises:
        NotFound: nobody has.
    """
    try:
        found = await session.get(User, UUID(reference))
    except ValueError:
        found = await named(session, reference)
    if found is None:
        raise NotFound("user", reference)
    return view_of(found)


async def named(session: AsyncSession, name: str) -> User | None:
    """Return the person who signs in by `name`, however it is typed, with the hash of their password."""
    if not folded(name).isprintable():  # no name is; and the database takes no NUL
        return None
    return await session.scalar(select(User).where(User.name == folded(name)))


async def sign_ins(session: AsyncSession, user_id: UUID, *, now: datetime, idle: datetime) -> tuple[SignInView, ...]:
    """Return somebody's sign-ins that are not over and were used since `idle`, the one used last first."""
    mine = select(SignIn).where(SignIn.user_id == user_id, lasting(now, idle))
    rows = mine.order_by(SignIn.last_seen_at.desc(), SignIn.id)
    return tuple(
        SignInView(each.id, uuid7_time(each.id), each.address, each.user_agent, each.last_seen_at, each.expires_at)
        for each in await session.scalars(rows)
    )


def lasting(now: datetime, idle: datetime) -> ColumnElement[bool]:
    """Return the condition of a sign-in that is not over and was used since `idle`."""
    return and_(SignIn.ended_at.is_(None), SignIn.expires_at > now, SignIn.last_seen_at > idle)


async def addresses_of(session: AsyncSession, name: str) -> frozenset[str]:
    """Return the addresses that somebody has signed in from, as far as sign-ins are kept."""
    rows = select(SignIn.address).join(User, User.id == SignIn.user_id).where(User.name == name).distinct()
    return frozenset(await session.scalars(rows))


async def sign_in_of(session: AsyncSession, digest: bytes) -> tuple[SignIn, UserView] | None:
    """Return the sign-in whose secret has a digest, and whose it is, whether or not it is over."""
    rows = select(SignIn, User).join(User, User.id == SignIn.user_id).where(SignIn.digest == digest)
    row = (await session.execute(rows)).first()
    return None if row is None else (row.SignIn, view_of(row.User))


async def token_of(session: AsyncSession, digest: bytes) -> tuple[Token, UserView | None] | None:
    """Return the token whose secret has a digest, and whose it is, whether or not it is good for anything."""
    row = (await session.execute(_tokens().where(Token.digest == digest))).first()
    return None if row is None else (row.Token, view_of(row.User) if row.User else None)


async def tokens(
    session: AsyncSession,
    *,
    user_id: UUID | None = None,
    revoked: bool = True,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page[TokenView]:
    """Return tokens, of one person or all there are, the newest first; not `revoked`: without those that were.

    Raises:
        CursorInvalid: the cursor is not of this program.
    """
    size, some = bounded(limit), _tokens()
    if user_id is not None:
        some = some.where(Token.user_id == user_id)
    if not revoked:
        some = some.where(Token.revoked_at.is_(None))
    rows = await session.execute(newest(some, Token.id, cursor=cursor, size=size))
    return page_of([_token(row) for row in rows], size, lambda item: item.id)


async def token(session: AsyncSession, reference: str, *, user_id: UUID | None = None) -> TokenView:
    """Return the token, of one person or all there are, with `reference` as its id or, if not revoked, its name.

    Raises:
        NotFound: none has.
    """
    if not reference.isprintable():
        raise NotFound("token", reference)
    try:
        is_called = _tokens().where(Token.id == UUID(reference))
    except ValueError:
        is_called = _tokens().where(Token.revoked_at.is_(None), func.lower(Token.name) == func.lower(reference))
    if user_id is not None:
        is_called = is_called.where(Token.user_id == user_id)
    row = (await session.execute(is_called)).first()
    if row is None:
        raise NotFound("token", reference)
    return _token(row)


async def invitation(session: AsyncSession, digest: bytes, now: datetime) -> tuple[Invitation, UserView | None] | None:
    """Return the link whose secret has a digest, and whom it is for, if it is good still."""
    rows = select(Invitation, User).outerjoin(User, User.id == Invitation.user_id).where(Invitation.digest == digest)
    row = (await session.execute(rows.where(Invitation.closed_at.is_(None), Invitation.expires_at > now))).first()
    return None if row is None else (row.Invitation, view_of(row.User) if row.User else None)


async def preferences(session: AsyncSession, user_id: UUID) -> Document:
    """Return what somebody prefers; an empty document if they never said."""
    return await session.scalar(select(Preferences.document).where(Preferences.user_id == user_id)) or {}


def view_of(row: User) -> UserView:
    """Return a person as they are shown."""
    return UserView(
        row.id, row.name, row.display_name, Role(row.role), row.active, has_password=row.password_hash is not None
    )


def _tokens() -> Select[*tuple[Any, ...]]:
    return select(Token, User).outerjoin(User, User.id == Token.user_id)


def _token(row: Any) -> TokenView:
    own: Token = row.Token
    return TokenView(
        id=own.id,
        name=own.name,
        user=row.User.name if row.User else None,
        role=Role(row.User.role if row.User else str(own.role)),
        scopes=tuple(own.scopes),
        prefix=own.prefix,
        since=uuid7_time(own.id),
        expires_at=own.expires_at,
        revoked_at=own.revoked_at,
        last_used_at=own.last_used_at,
    )
