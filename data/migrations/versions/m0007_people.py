"""People, their sign-ins, tokens, one-time links and preferences; failures to sign in.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = ("users", "sign_ins", "tokens", "invitations", "sign_in_failures", "preferences")  # in the order of making
PERSONS = "'viewer', 'reviewer', 'engineer', 'manager', 'admin'"
UNATTENDED = "'viewer', 'reviewer', 'engineer', 'manager', 'machine'"
NAME = "[a-z0-9]([a-z0-9._@+-]*[a-z0-9])?"

FOLLOWED = {
    "users": ("id", "{password_hash}", "false"),
    "tokens": ("id", "{digest}", "to_jsonb(o) - 'last_used_at' = to_jsonb(n) - 'last_used_at'"),
    "invitations": ("id", "{digest}", "false"),
    "preferences": ("user_id", "{document}", "false"),
}
"""By table: the column that names its rows, the columns kept as their digests, the changes that are not kept."""


def upgrade() -> None:
    _users()
    _sign_ins()
    _tokens()
    _invitations()
    _sign_in_failures()
    _preferences()
    for table, (row_id, digested, silent) in FOLLOWED.items():
        follow = sa.text("SELECT audit.follow(:table, :row_id, CAST(:digested AS text[]), :silent)")
        op.execute(follow.bindparams(table=table, row_id=row_id, digested=digested, silent=silent))


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    for table in FOLLOWED:
        op.execute(f"DROP TABLE audit.{table}")
        for kept in ("heads", "followed"):
            op.execute(sa.text(f"DELETE FROM audit.{kept} WHERE relation = :table").bindparams(table=table))  # noqa: S608
        for operation in ("insert", "update", "delete", "truncate"):
            op.execute(f"DROP FUNCTION audit.{table}_{operation}()")


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("active", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.CheckConstraint(f"name ~ '^{NAME}$' AND length(name) <= 64", name=op.f("ck_users_name_plain")),
        sa.CheckConstraint(f"role IN ({PERSONS})", name=op.f("ck_users_role_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    op.create_index("uq_users_look", "users", [sa.text("translate(name, '01', 'ol')")], unique=True)


def _sign_ins() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        *_secret("sign_ins"),
        _of_user("sign_ins"),
    )
    op.create_index("ix_sign_ins_user_id", "sign_ins", ["user_id"])


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("user_id", sa.Uuid),
        sa.Column("role", sa.Text),
        sa.Column("scopes", ARRAY(sa.Text), server_default="{}", nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        *_secret("tokens"),
        _of_user("tokens"),
        sa.CheckConstraint(f"role IN ({UNATTENDED})", name=op.f("ck_tokens_role_known")),
        sa.CheckConstraint("num_nonnulls(user_id, role) = 1", name=op.f("ck_tokens_has_one_role")),
    )
    op.create_index("ix_tokens_user_id", "tokens", ["user_id"])
    held = sa.text("revoked_at IS NULL")
    op.create_index("uq_tokens_name", "tokens", [sa.text("lower(name)")], unique=True, postgresql_where=held)


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("user_id", sa.Uuid),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        *_secret("invitations"),
        _of_user("invitations"),
    )
    op.create_index("ix_invitations_user_id", "invitations", ["user_id"])


def _sign_in_failures() -> None:
    op.create_table(
        "sign_in_failures",
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("name_digest", sa.LargeBinary, nullable=False),
        sa.Column("failures", sa.Integer, server_default="0", nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(name_digest) = 32", name=op.f("ck_sign_in_failures_name_digest_is_sha256")),
        sa.PrimaryKeyConstraint("address", "name_digest", name=op.f("pk_sign_in_failures")),
    )


def _preferences() -> None:
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.Uuid, nullable=False),
        sa.Column("document", JSONB, nullable=False),
        sa.CheckConstraint(
            "jsonb_typeof(document) = 'object' AND octet_length(document::text) <= 16384",
            name=op.f("ck_preferences_document_bounded"),
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_preferences")),
        _of_user("preferences"),
    )


def _secret(table: str) -> tuple[sa.Constraint, ...]:
    return (
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("digest", name=op.f(f"uq_{table}_digest")),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f(f"ck_{table}_digest_is_sha256")),
    )


def _of_user(table: str) -> sa.Constraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id_users"))
