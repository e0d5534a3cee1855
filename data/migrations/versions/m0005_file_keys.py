"""The file of a run that a request made, beside the key it came under.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

REFERENCE = "fk_idempotency_keys_run_file_id_run_files"
CHECK = "ck_idempotency_keys_made_one_thing"


def upgrade() -> None:
    op.add_column("idempotency_keys", sa.Column("run_file_id", sa.Uuid))
    op.create_foreign_key(REFERENCE, "idempotency_keys", "run_files", ["run_file_id"], ["id"])
    _made_one_of("inspection_id, run_id, run_file_id")


def downgrade() -> None:
    op.execute("DELETE FROM idempotency_keys WHERE run_file_id IS NOT NULL")
    _made_one_of("inspection_id, run_id")
    op.drop_column("idempotency_keys", "run_file_id")


def _made_one_of(columns: str) -> None:
    op.drop_constraint(CHECK, "idempotency_keys")
    op.create_check_constraint(op.f(CHECK), "idempotency_keys", f"num_nonnulls({columns}) <= 1")
