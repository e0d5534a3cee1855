"""People, and the secrets by which they and machines are known: sign-ins, tokens and one-time links.

1. Of a secret only its SHA-256 is kept (`digest`): 256 bits of chance need no slower hash. Of a password, argon2id.
2. Nobody is deleted: the audit trail names them. Who is not to come in any more is not `active`.
3. What somebody does once signed in goes by their role as it is then, not as it was when they signed in.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.account_name import MOST_NAME, PASSING_FOR, SIGN_IN_NAME
from core.rights import PERSONS, Role
from data.tables.base import Base, Document, Id, one_of, sha256

MOST_PREFERENCES = 16 * 1024
"""Bytes of what somebody prefers, as JSON."""

UNATTENDED = tuple(role for role in Role if role is not Role.ADMIN)
"""The roles a token of nobody can have: people let people in."""


class User(Base):
    """Somebody who signs in, by a name that never changes (`core.account_name`)."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint(f"name ~ '^{SIGN_IN_NAME}$' AND length(name) <= {MOST_NAME}", name="name_plain"),
        one_of("role", PERSONS),
        Index("uq_users_look", text(f"translate(name, '{PASSING_FOR[0]}', '{PASSING_FOR[1]}')"), unique=True),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str | None]
    """None: nobody can sign in by it until they follow a link (`Invitation`)."""
    active: Mapped[bool] = mapped_column(server_default=true())


class SignIn(Base):
    """One sign-in on one browser; over when it is ended, not used for long, or old."""

    __tablename__ = "sign_ins"
    __table_args__ = (sha256("digest"),)

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    address: Mapped[str]
    user_agent: Mapped[str]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Token(Base):
    """What a machine, or a person's program, shows with each request: of somebody, or of a role of its own."""

    __tablename__ = "tokens"
    __table_args__ = (
        sha256("digest"),
        one_of("role", UNATTENDED),
        CheckConstraint("num_nonnulls(user_id, role) = 1", name="has_one_role"),
        Index("uq_tokens_name", text("lower(name)"), unique=True, postgresql_where=text("revoked_at IS NULL")),
    )

    id: Mapped[Id]
    name: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str | None]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Of what the role may, only this (`core.rights`); none: all of it."""
    digest: Mapped[bytes] = mapped_column(unique=True)
    prefix: Mapped[str]
    """The first letters of the secret, to tell it by."""
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    """To the minute, or so."""


class Invitation(Base):
    """A link that works once: who follows it sets the password of a user or, of none, becomes the first admin."""

    __tablename__ = "invitations"
    __table_args__ = (sha256("digest"),)

    id: Mapped[Id]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    digest: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    """When it was used, or another took its place."""


class SignInFailure(Base):
    """How often signing in has failed from an address, under one name or at all (`workers.throttling`)."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (sha256("name_digest"),)

    address: Mapped[str] = mapped_column(primary_key=True)
    name_digest: Mapped[bytes] = mapped_column(primary_key=True)
    """Of the name that was typed, which may have been a password; 32 zero bytes for the address under any name."""
    failures: Mapped[int] = mapped_column(server_default="0")
    last_at: Mapped[datetime]
    paused_until: Mapped[datetime]


class Preferences(Base):
    """What somebody prefers: theme, units, time zone, settings of pages (`workers.preferences`)."""

    __tablename__ = "preferences"
    __table_args__ = (
        CheckConstraint(
            f"jsonb_typeof(document) = 'object' AND octet_length(document::text) <= {MOST_PREFERENCES}",
            name="document_bounded",
        ),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    document: Mapped[Document]
