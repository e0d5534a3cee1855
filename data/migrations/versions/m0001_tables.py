"""The first tables: plant, parts, recipes, pictures, inspections, results, and what waits.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (  # in the order in which they are made
    "sites",
    "lines",
    "stations",
    "lots",
    "units",
    "recipes",
    "recipe_versions",
    "images",
    "inspections",
    "inspection_images",
    "results",
    "outbox",
    "idempotency_keys",
)
PARTITIONED = ("inspections", "inspection_images", "results")
SIGNALS = ("ocr", "logo", "signature", "surface")
SHORT_LIVED = (  # small, hot and soon gone: updated in place, cleaned early
    "fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500"
)


def upgrade() -> None:
    _plant()
    _parts()
    _recipes()
    _recipe_versions()
    _images()
    _inspections()
    _inspection_images()
    _results()
    _outbox()
    _idempotency_keys()
    for table in PARTITIONED:
        op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _plant() -> None:
    op.create_table(
        "sites",
        _id(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("time_zone", sa.Text, server_default="UTC", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sites"),
        sa.UniqueConstraint("name", name="uq_sites_name"),
    )
    op.create_table(
        "lines",
        _id(),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lines"),
        _reference("lines", "site_id", "sites"),
        sa.UniqueConstraint("site_id", "name", name="uq_lines_site_id_name"),
    )
    op.create_table(
        "stations",
        _id(),
        sa.Column("line_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stations"),
        _reference("stations", "line_id", "lines"),
        sa.UniqueConstraint("name", name="uq_stations_name"),
    )
    op.create_index("ix_stations_line_id", "stations", ["line_id"])


def _parts() -> None:
    op.create_table(
        "lots",
        _id(),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("state", sa.Text, server_default="open", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lots"),
        sa.UniqueConstraint("code", name="uq_lots_code"),
        _one_of("lots", "state", "open", "hold", "closed"),
    )
    op.create_table(
        "units",
        _id(),
        sa.Column("lot_id", sa.Uuid),
        sa.Column("serial", sa.Text),
        sa.Column("carrier", sa.Text),
        sa.Column("place_row", sa.Integer),
        sa.Column("place_column", sa.Integer),
        sa.Column("attempts", sa.Integer, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_units"),
        _reference("units", "lot_id", "lots"),
    )
    for name, columns, known in (
        ("uq_units_lot_id_serial", ["lot_id", "serial"], "serial IS NOT NULL"),
        ("uq_units_lot_id_place", ["lot_id", "carrier", "place_row", "place_column"], "carrier IS NOT NULL"),
    ):
        op.create_index(
            name, "units", columns, unique=True, postgresql_nulls_not_distinct=True, postgresql_where=sa.text(known)
        )


def _recipes() -> None:
    op.create_table(
        "recipes",
        _id(),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recipes"),
        sa.UniqueConstraint("name", name="uq_recipes_name"),
    )


def _recipe_versions() -> None:
    op.create_table(
        "recipe_versions",
        _id(),
        sa.Column("recipe_id", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer),
        sa.Column("state", sa.Text, server_default="draft", nullable=False),
        sa.Column("revision", sa.Integer, server_default="1", nullable=False),
        sa.Column("part_number", sa.Text, nullable=False),
        sa.Column("manufacturer", sa.Text, server_default="", nullable=False),
        sa.Column("document", JSONB, nullable=False),
        sa.Column("comment", sa.Text, server_default="", nullable=False),
        _instant("saved_at", now=True),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_recipe_versions"),
        _reference("recipe_versions", "recipe_id", "recipes"),
        sa.UniqueConstraint("recipe_id", "number", name="uq_recipe_versions_recipe_id_number"),
        _one_of("recipe_versions", "state", "draft", "published"),
        sa.CheckConstraint(
            "(state = 'draft') = (number IS NULL) AND (state = 'draft') = (published_at IS NULL)",
            name=op.f("ck_recipe_versions_published_is_numbered"),
        ),
    )
    op.create_index(
        "uq_recipe_versions_draft",
        "recipe_versions",
        ["recipe_id"],
        unique=True,
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_index(
        "ix_recipe_versions_part_number",
        "recipe_versions",
        [sa.text("lower(part_number)")],
        postgresql_where=sa.text("state = 'published'"),
    )


def _images() -> None:
    op.create_table(
        "images",
        _id(),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("width_px", sa.Integer, nullable=False),
        sa.Column("height_px", sa.Integer, nullable=False),
        sa.Column("byte_count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_images"),
        sa.UniqueConstraint("sha256", name="uq_images_sha256"),
        _sha256("images", "sha256"),
        sa.CheckConstraint(
            "byte_count > 0 AND width_px > 0 AND height_px > 0",
            name=op.f("ck_images_sizes_positive"),
        ),
    )


def _inspections() -> None:
    op.create_table(
        "inspections",
        _id(),
        sa.Column("unit_id", sa.Uuid, nullable=False),
        sa.Column("attempt", sa.SmallInteger, nullable=False),
        sa.Column("lot_id", sa.Uuid),
        sa.Column("station_id", sa.Uuid, nullable=False),
        sa.Column("recipe_version_id", sa.Uuid),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        _instant("captured_at"),
        sa.Column("file_name", sa.Text),
        sa.Column("state", sa.Text, server_default="received", nullable=False),
        sa.Column("error_code", sa.Text),
        sa.Column("error_detail", sa.Text),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_inspections"),
        _reference("inspections", "unit_id", "units"),
        _reference("inspections", "lot_id", "lots"),
        _reference("inspections", "station_id", "stations"),
        _reference("inspections", "recipe_version_id", "recipe_versions"),
        sa.CheckConstraint("get_byte(uuid_send(id), 6) >> 4 = 7", name=op.f("ck_inspections_id_is_uuid7")),
        _one_of("inspections", "state", "received", "queued", "running", "done", "failed"),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index("ix_inspections_unit_id_attempt", "inspections", ["unit_id", "attempt"])
    for column in ("lot_id", "station_id", "recipe_version_id"):
        op.create_index(f"ix_inspections_{column}_id", "inspections", [column, "id"])
    op.create_index(
        "ix_inspections_unfinished", "inspections", ["state", "id"], postgresql_where=sa.text("state <> 'done'")
    )


def _inspection_images() -> None:
    op.create_table(
        "inspection_images",
        sa.Column("inspection_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.SmallInteger, nullable=False),
        sa.Column("image_id", sa.Uuid, nullable=False),
        sa.Column("lighting", sa.Text),
        sa.Column("region", JSONB),
        sa.PrimaryKeyConstraint("inspection_id", "position", name="pk_inspection_images"),
        _reference("inspection_images", "inspection_id", "inspections"),
        _reference("inspection_images", "image_id", "images"),
        postgresql_partition_by="RANGE (inspection_id)",
    )
    op.create_index("ix_inspection_images_image_id", "inspection_images", ["image_id"])


def _results() -> None:
    op.create_table(
        "results",
        sa.Column("inspection_id", sa.Uuid, nullable=False),
        sa.Column("recipe_version_id", sa.Uuid),
        _instant("judged_at", now=True),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("disposition", sa.Text, nullable=False),
        *(_score(name) for name in ("score", "confidence")),
        *(_score(f"{signal}_{kind}") for signal in SIGNALS for kind in ("score", "margin")),
        _score("ocr_legible"),
        sa.Column("attempts", sa.SmallInteger, server_default="1", nullable=False),
        sa.Column("variant", sa.Text),
        sa.Column("signal_version", sa.Text, nullable=False),
        sa.Column("facts", sa.Integer, server_default="0", nullable=False),
        sa.Column("reasons", ARRAY(sa.Text), nullable=False),
        sa.Column("evidence", JSONB, nullable=False),
        sa.Column("seconds", JSONB, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("inspection_id", name="pk_results"),
        _reference("results", "inspection_id", "inspections"),
        _reference("results", "recipe_version_id", "recipe_versions"),
        _one_of("results", "verdict", "pass", "fail", "borderline", "not_judged"),
        _one_of(
            "results",
            "disposition",
            "accepted",
            "rejected",
            "verify",
            "pending",
            "hold",
            "rework",
            "reinspect",
            "concession",
            "quarantine",
        ),
        _sha256("results", "digest"),
        *(_between("results", name, -1) for name in ("score", "confidence", "ocr_legible")),
        *(_between("results", f"{signal}_score", -1) for signal in SIGNALS),
        *(_between("results", f"{signal}_margin", -10_000) for signal in SIGNALS),
        postgresql_partition_by="RANGE (inspection_id)",
    )
    for column in ("verdict", "recipe_version_id"):
        op.create_index(f"ix_results_{column}_inspection_id", "results", [column, "inspection_id"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("inspection_id", sa.Uuid, nullable=False),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        _instant("available_at", now=True),
        sa.Column("attempts", sa.SmallInteger, server_default="0", nullable=False),
        sa.Column("batch_id", sa.Uuid),
        sa.Column("batched_at", sa.DateTime(timezone=True)),
        sa.Column("lease_token", sa.Uuid),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("leased_by", sa.Text),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("inspection_id", name="pk_outbox"),
        _reference("outbox", "inspection_id", "inspections"),
        sa.CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name=op.f("ck_outbox_lease_whole")),
        sa.CheckConstraint("lease_token IS NULL OR batch_id IS NOT NULL", name=op.f("ck_outbox_lease_within_batch")),
        sa.CheckConstraint("(batch_id IS NULL) = (batched_at IS NULL)", name=op.f("ck_outbox_batch_whole")),
    )
    op.execute(f"ALTER TABLE outbox SET ({SHORT_LIVED})")
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["priority", "available_at", "inspection_id"],
        postgresql_where=sa.text("batch_id IS NULL"),
    )
    op.create_index("ix_outbox_batch_id", "outbox", ["batch_id"], postgresql_where=sa.text("batch_id IS NOT NULL"))


def _idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("request_digest", sa.LargeBinary, nullable=False),
        sa.Column("inspection_id", sa.Uuid, nullable=False),
        _instant("used_at", now=True),
        sa.PrimaryKeyConstraint("caller", "key", name="pk_idempotency_keys"),
        _reference("idempotency_keys", "inspection_id", "inspections"),
        _sha256("idempotency_keys", "request_digest"),
    )


def _id() -> sa.Column[object]:
    return sa.Column("id", sa.Uuid, nullable=False)


def _instant(name: str, *, now: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()") if now else None)


def _score(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.SmallInteger, server_default="-1", nullable=False)


def _reference(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def _one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}_known"))


def _sha256(table: str, column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"octet_length({column}) = 32", name=op.f(f"ck_{table}_{column}_is_sha256"))


def _between(table: str, column: str, least: int) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} BETWEEN {least} AND 10000", name=op.f(f"ck_{table}_{column}_in_range"))
