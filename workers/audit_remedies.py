"""What to do about each kind of fault that verification finds."""

from __future__ import annotations

from core.audit_anchor import FaultKind
from workers.auditing import Kind

FIRST = (
    "Change nothing, and keep what is there: copy the database and the anchors. Who could be superuser of the database "
    "at that time, and who could write its files?"
)
"""Before all else."""

REMEDIES: dict[Kind, str] = {
    "changed": "That entry is not what was written. Hold it against a backup from before; all entries behind it in its "
    "chain are unproven.",
    "removed": "Entries are gone; a backup from before has them. Where the database was put back to a backup, this is "
    "what came after it.",
    "inserted": "That entry was not written by the triggers. A backup from before does not have it.",
    "reordered": "Entries have changed places. A backup from before has their order.",
    "rewritten": "The chain was computed anew by somebody. Hold it against a backup from before the anchor.",
    "differs": "The row was changed past the triggers. What the trail says of it: marksight audit show ROW_ID.",
    "unguarded": "Writes to that table are not kept. Find out since when; then: ALTER TABLE ... ENABLE TRIGGER ....",
}

ANCHOR_REMEDIES: dict[FaultKind, str] = {
    "missing": "Somebody removed it where it lay, or the place is not what it was. Look for copies: who listens to a "
    "webhook has them.",
    "changed": "Somebody changed it where it lay, or the one after it. Hold both against copies: who listens to a "
    "webhook has them.",
    "reordered": "Somebody renamed files where anchors lie.",
}
