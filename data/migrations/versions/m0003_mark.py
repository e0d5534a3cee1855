"""The mark as read, beside the evidence it lies in, so that it can be searched.

Stored and made by the database itself: rows written before have it too, and no writer can forget it. Adding it writes
every partition of `results` anew, under a lock; a search then reads a few characters a row and not the whole evidence.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# The lines as a JSON array without white space; its brackets go, and what parts its elements becomes the end of a line.
# A quotation mark within a line is written \", so that "," parts elements and nothing else.
MARK = r"""
upper(replace(regexp_replace(regexp_replace(
    (jsonb_path_query_array(evidence, '$."lines"[*]."text"'::jsonpath))::text, '\s'::text, ''::text, 'g'::text),
    '^\["?|"?\]$'::text, ''::text, 'g'::text), '","'::text, chr(10)))
"""


def upgrade() -> None:
    op.add_column("results", sa.Column("mark", sa.Text, sa.Computed(MARK, persisted=True), nullable=False))


def downgrade() -> None:
    op.drop_column("results", "mark")
