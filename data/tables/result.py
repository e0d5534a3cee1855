"""What the machine found: one row an inspection, written once.

1. The application's role may insert and read; it may not update, delete or truncate (`data.grants`), and a trigger
   (`results_append_only`) refuses updates and deletes to the owner too.
2. Scores and margins are ten-thousandths as `decide` saw them (`core.signals`), and `facts` the reasons seen at capture
   (bits of `core.reasons.Reason`), so that a replay sees the same. -1 says "missing". `ocr_legible` is the least score
   of the required fields that could be read; for signals without fields it would be the score, and is not kept.
3. `evidence` is `core.evidence.to_document`, with the top-k log-probabilities of every character; `digest` is its
   SHA-256 without the timings.
4. `signal_version` and `recipe_version_id` say what made the verdict; rows whose `signal_version` differs are never
   compared.
5. `mark` is the mark as read, made of the evidence by the database: a line a line, in capitals, without white space,
   written as JSON writes it (a quotation mark is two characters). A search looks through it (`data.queries.find`).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.recipe import DISPOSITIONS
from core.signals import SIGNALS
from core.verdicts import Verdict
from data.tables.base import Base, Document, Score, between, one_of, sha256

VERDICTS = tuple(verdict.word for verdict in Verdict)
MARK = r"""
upper(replace(regexp_replace(regexp_replace(
    (jsonb_path_query_array(evidence, '$."lines"[*]."text"'::jsonpath))::text, '\s'::text, ''::text, 'g'::text),
    '^\["?|"?\]$'::text, ''::text, 'g'::text), '","'::text, chr(10)))
"""
"""The text of the lines in `evidence`; the migration that made the column says how. It is written with PostgreSQL's own
casts, since Alembic compares it with what the database says of the column."""


class Result(Base):
    """The verdict of one inspection with everything that led to it."""

    __tablename__ = "results"
    __table_args__ = (
        one_of("verdict", VERDICTS),
        one_of("disposition", DISPOSITIONS),
        sha256("digest"),
        between("score", -1, 10_000),
        between("confidence", -1, 10_000),
        between("ocr_legible", -1, 10_000),
        *(between(f"{signal}_score", -1, 10_000) for signal in SIGNALS),
        *(between(f"{signal}_margin", -10_000, 10_000) for signal in SIGNALS),
        Index(None, "verdict", "inspection_id"),
        Index(None, "recipe_version_id", "inspection_id"),
        {"postgresql_partition_by": "RANGE (inspection_id)"},
    )

    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspections.id"), primary_key=True)
    recipe_version_id: Mapped[UUID | None] = mapped_column(ForeignKey("recipe_versions.id"))
    judged_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    verdict: Mapped[str]
    disposition: Mapped[str]
    score: Mapped[Score]
    confidence: Mapped[Score]
    ocr_score: Mapped[Score]
    ocr_margin: Mapped[Score]
    ocr_legible: Mapped[Score]
    logo_score: Mapped[Score]
    logo_margin: Mapped[Score]
    signature_score: Mapped[Score]
    signature_margin: Mapped[Score]
    surface_score: Mapped[Score]
    surface_margin: Mapped[Score]
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    """How many times a worker had begun before this verdict was made."""
    variant: Mapped[str | None]
    signal_version: Mapped[str]
    facts: Mapped[int] = mapped_column(server_default="0")
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Codes of `core.reasons`, in their order: what was told with the verdict."""
    evidence: Mapped[Document]
    mark: Mapped[str] = mapped_column(Computed(MARK, persisted=True))
    seconds: Mapped[Document]
    digest: Mapped[bytes]
