"""Results as they are written: once each, and never again (`verdicts.py` writes them).

All results of a flush go as one JSON document, which the database takes apart: the statement is the same for any number
of them, so it is put together and planned once a connection. (As many values as columns times rows cost more to put
together than the inspection's evidence to make.) The evidence comes as JSON already, and is not written anew.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast as typed
from uuid import UUID

from sqlalchemy import Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from core.signals import SIGNALS
from data.tables import MISSING, Document, Result


@dataclass(frozen=True)
class NewResult:
    """A verdict with everything that led to it; scores and margins in ten-thousandths, -1 for missing.

    `evidence` is canonical JSON (`core.evidence`), `digest` the 32 bytes of its sha256;
    `signals` are the columns named after them (`ocr_score`, `ocr_margin`, `ocr_legible`, `logo_score`, ...).
    """

    inspection_id: UUID
    recipe_version_id: UUID | None
    verdict: str
    disposition: str
    signal_version: str
    evidence: str
    digest: bytes
    reasons: Sequence[str] = ()
    facts: int = 0
    score: int = MISSING
    confidence: int = MISSING
    signals: dict[str, int] = field(default_factory=dict)
    attempts: int = 1
    variant: str | None = None
    seconds: Document = field(default_factory=dict)

    def row(self) -> str:
        """Return the columns of `results` as a JSON object."""
        columns = {name: value for name, value in vars(self).items() if name not in {"signals", "evidence"}}
        version_id = None if self.recipe_version_id is None else str(self.recipe_version_id)
        plain = {
            "inspection_id": str(self.inspection_id),
            "recipe_version_id": version_id,
            "digest": f"\\x{self.digest.hex()}",
            "reasons": list(self.reasons),
        }
        others = json.dumps({**columns, **UNMEASURED, **self.signals, **plain}, allow_nan=False)
        return f'{others[:-1]}, "evidence": {self.evidence}}}'


UNMEASURED = {f"{signal}_{kind}": MISSING for signal in SIGNALS for kind in ("score", "margin")} | {
    "ocr_legible": MISSING
}
LEFT_TO_THE_DATABASE = {"judged_at", "mark"}
_TABLE = typed("Table", Result.__table__)
_COLUMNS = [each for each in _TABLE.columns if each.name not in LEFT_TO_THE_DATABASE]
_ROWS = (
    func.jsonb_to_recordset(cast(bindparam("rows", type_=Text), JSONB))
    .table_valued(*(column(each.name, each.type) for each in _COLUMNS), name="row")
    .render_derived(with_types=True)
)
ADD = (
    insert(_TABLE)
    .from_select([each.name for each in _COLUMNS], select(*(_ROWS.c[each.name] for each in _COLUMNS)))
    .on_conflict_do_nothing(index_elements=["inspection_id"])
    .returning(_TABLE.c.inspection_id)
)


def rows(new: Sequence[NewResult]) -> str:
    """Return results as `ADD` takes them."""
    return f"[{', '.join(result.row() for result in new)}]"
