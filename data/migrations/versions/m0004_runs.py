"""Runs and their files; what a started lot binds; watched folders and triggers; thumbnails.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = (
    "watched_folders",
    "station_triggers",
    "watched_refusals",
    "lot_marks",
    "runs",
    "run_files",
)  # in the order of making
ADDED: dict[str, tuple[str, ...]] = {
    "outbox": ("run_id",),
    "idempotency_keys": ("run_id",),
    "inspections": ("run_id", "run_file_id", "trigger_number", "lot_texts", "lot_on_hold"),
    "images": ("thumbnail", "about"),
    "lots": ("station_id", "recipe_version_id", "texts", "reason", "started_at", "closed_at"),
}
STATES = ("received", "queued", "running", "done", "failed")


def upgrade() -> None:
    _plant()
    _lots()
    _units()
    _runs()
    _run_files()
    _images()
    _inspections()
    _outbox()
    _idempotency_keys()


def downgrade() -> None:
    for known_by in ("lot_id", "serial", "carrier"):
        op.drop_index(f"ix_units_{known_by}_id")
    op.execute("DELETE FROM idempotency_keys WHERE inspection_id IS NULL")
    op.drop_constraint("ck_idempotency_keys_made_one_thing", "idempotency_keys")
    op.alter_column("idempotency_keys", "inspection_id", nullable=False)
    op.execute("UPDATE inspections SET state = 'failed' WHERE state = 'cancelled'")
    _states(*STATES)
    op.drop_index("ix_outbox_free", "outbox")
    for table, columns in ADDED.items():
        for column in columns:
            op.drop_column(table, column)
    for table in reversed(TABLES):
        op.drop_table(table)


def _plant() -> None:
    op.create_table(
        "watched_folders",
        sa.Column("station_id", sa.Uuid, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("naming", sa.Text, server_default="", nullable=False),
        sa.Column("recipe", sa.Text, server_default="", nullable=False),
        sa.Column("settle_s", sa.Float, server_default="2", nullable=False),
        sa.Column("active", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("station_id", name="pk_watched_folders"),
        _reference("watched_folders", "station_id", "stations"),
        sa.UniqueConstraint("path", name="uq_watched_folders_path"),
        sa.CheckConstraint("settle_s > 0", name=op.f("ck_watched_folders_settle_s_positive")),
    )
    op.create_table(
        "station_triggers",
        sa.Column("station_id", sa.Uuid, nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("triggers", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("station_id", "hour", name="pk_station_triggers"),
        _reference("station_triggers", "station_id", "stations"),
        sa.CheckConstraint("triggers >= 0", name=op.f("ck_station_triggers_triggers_not_negative")),
    )
    op.create_table(
        "watched_refusals",
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("station_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_watched_refusals"),
        _reference("watched_refusals", "station_id", "stations"),
        sa.CheckConstraint("octet_length(key) = 32", name=op.f("ck_watched_refusals_key_is_sha256")),
    )
    op.create_index("ix_watched_refusals_station_id_refused_at", "watched_refusals", ["station_id", "refused_at"])


def _lots() -> None:
    for column in (
        sa.Column("station_id", sa.Uuid),
        sa.Column("recipe_version_id", sa.Uuid),
        sa.Column("texts", JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("reason", sa.Text, server_default="", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
    ):
        op.add_column("lots", column)
    _refer("lots", "station_id", "stations")
    _refer("lots", "recipe_version_id", "recipe_versions")
    op.create_index("ix_lots_station_id_id", "lots", ["station_id", "id"])
    op.create_table(
        "lot_marks",
        sa.Column("lot_id", sa.Uuid, nullable=False),
        sa.Column("expected", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("units", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("lot_id", "expected", "text", name="pk_lot_marks"),
        _reference("lot_marks", "lot_id", "lots"),
    )
    op.create_index("ix_lot_marks_lot_id_expected_units", "lot_marks", ["lot_id", "expected", "units"])


def _units() -> None:
    op.create_index("ix_units_lot_id_id", "units", ["lot_id", "id"])
    for column in ("serial", "carrier"):
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_units_{column}_id", "units", [column, "id"], postgresql_where=where)


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("type", sa.Text, server_default="parts", nullable=False),
        sa.Column("label", sa.Text, server_default="", nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("state", sa.Text, server_default="pending", nullable=False),
        sa.Column("station_id", sa.Uuid, nullable=False),
        sa.Column("lot_id", sa.Uuid),
        sa.Column("recipe_version_id", sa.Uuid),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("completes_itself", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("tray", JSONB),
        sa.Column("error_code", sa.Text),
        sa.Column("error_detail", sa.Text),
        sa.Column("stored_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        _reference("runs", "station_id", "stations"),
        _reference("runs", "lot_id", "lots"),
        _reference("runs", "recipe_version_id", "recipe_versions"),
        _one_of("runs", "type", "parts", "tray"),
        _one_of("runs", "state", "pending", "stored", "queued", "running", "done", "failed", "cancelled"),
    )
    op.create_index("ix_runs_state_id", "runs", ["state", "id"])
    op.create_index(
        "ix_runs_unended",
        "runs",
        ["state", "id"],
        postgresql_where=sa.text("state NOT IN ('done', 'failed', 'cancelled')"),
    )


def _run_files() -> None:
    op.create_table(
        "run_files",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("run_id", sa.Uuid, nullable=False),
        sa.Column("parent_id", sa.Uuid),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, server_default="receiving", nullable=False),
        sa.Column("byte_count", sa.BigInteger),
        sa.Column("sha256", sa.LargeBinary),
        sa.Column("image_id", sa.Uuid),
        sa.Column("error_code", sa.Text),
        sa.Column("error_detail", sa.Text),
        sa.Column("attempts", sa.SmallInteger, server_default="0", nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("members_done", sa.Integer, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_run_files"),
        _reference("run_files", "run_id", "runs"),
        _reference("run_files", "parent_id", "run_files"),
        _reference("run_files", "image_id", "images"),
        _one_of("run_files", "state", "receiving", "stored", "opening", "opened", "refused", "cancelled"),
        sa.CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name=op.f("ck_run_files_lease_whole")),
        sa.CheckConstraint("sha256 IS NULL OR octet_length(sha256) = 32", name=op.f("ck_run_files_sha256_is_sha256")),
        sa.CheckConstraint("byte_count >= 0", name=op.f("ck_run_files_byte_count_not_negative")),
    )
    op.create_index(
        "uq_run_files_place",
        "run_files",
        ["run_id", "parent_id", "position"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_run_files_run_id_state", "run_files", ["run_id", "state"])
    for name, columns, where in (
        ("ix_run_files_sha256", ["sha256"], "sha256 IS NOT NULL"),
        ("ix_run_files_unopened", ["run_id", "id"], "state IN ('stored', 'opening')"),
        ("ix_run_files_receiving", ["touched_at"], "state = 'receiving'"),
    ):
        op.create_index(name, "run_files", columns, postgresql_where=sa.text(where))


def _images() -> None:
    op.add_column("images", sa.Column("thumbnail", sa.LargeBinary))
    op.add_column("images", sa.Column("about", JSONB))
    op.create_check_constraint(
        op.f("ck_images_thumbnail_is_sha256"), "images", "thumbnail IS NULL OR octet_length(thumbnail) = 32"
    )
    op.create_index("ix_images_thumbnail", "images", ["thumbnail"], postgresql_where=sa.text("thumbnail IS NOT NULL"))


def _inspections() -> None:
    for column in (
        sa.Column("run_id", sa.Uuid),
        sa.Column("run_file_id", sa.Uuid),
        sa.Column("trigger_number", sa.BigInteger),
        sa.Column("lot_texts", JSONB),
        sa.Column("lot_on_hold", sa.Boolean, server_default=sa.false(), nullable=False),
    ):
        op.add_column("inspections", column)
    _refer("inspections", "run_id", "runs")
    _refer("inspections", "run_file_id", "run_files")
    _states(*STATES, "cancelled")
    op.create_index(
        "ix_inspections_run_id_id", "inspections", ["run_id", "id"], postgresql_where=sa.text("run_id IS NOT NULL")
    )
    named = sa.text("run_file_id IS NOT NULL")
    op.create_index("ix_inspections_run_file_id", "inspections", ["run_file_id"], postgresql_where=named)


def _outbox() -> None:
    op.add_column("outbox", sa.Column("run_id", sa.Uuid))
    _refer("outbox", "run_id", "runs")
    urgency = ["priority", "available_at", "inspection_id"]
    op.create_index("ix_outbox_free", "outbox", urgency, postgresql_where=sa.text("lease_token IS NULL"))
    op.create_index("ix_outbox_run_id", "outbox", ["run_id"], postgresql_where=sa.text("run_id IS NOT NULL"))


def _idempotency_keys() -> None:
    op.add_column("idempotency_keys", sa.Column("run_id", sa.Uuid))
    _refer("idempotency_keys", "run_id", "runs")
    op.alter_column("idempotency_keys", "inspection_id", nullable=True)
    op.create_check_constraint(
        op.f("ck_idempotency_keys_made_one_thing"), "idempotency_keys", "num_nonnulls(inspection_id, run_id) <= 1"
    )


def _states(*states: str) -> None:
    op.drop_constraint("ck_inspections_state_known", "inspections")
    listed = ", ".join(f"'{state}'" for state in states)
    op.create_check_constraint(op.f("ck_inspections_state_known"), "inspections", f"state IN ({listed})")


def _name(table: str, column: str, other: str) -> str:
    return f"fk_{table}_{column}_{other}"


def _reference(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=_name(table, column, other))


def _refer(table: str, column: str, other: str) -> None:
    op.create_foreign_key(_name(table, column, other), table, other, [column], ["id"])


def _one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}_known"))
