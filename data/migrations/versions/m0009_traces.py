"""The trace that what waits is part of, where somebody traces.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("trace_parent", sa.Text))


def downgrade() -> None:
    op.drop_column("outbox", "trace_parent")
