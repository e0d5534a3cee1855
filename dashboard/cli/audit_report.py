"""What `marksight audit` prints: a verification, and the entries of one row, in words and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from data.queries.audit import AuditView
from workers.audit_remedies import ANCHOR_REMEDIES, FIRST, REMEDIES
from workers.auditing import Fault
from workers.proof import Proof

MOST_SHOWN = 100
"""Characters of a value; `--json` has all of it."""

DONE = {
    "insert": "made",
    "update": "changed",
    "delete": "deleted",
    "truncate": "emptied",
    "found": "was there when the trail began",
}


def as_document(proof: Proof) -> dict[str, Any]:
    """Return a verification for machines."""
    found, anchors = proof.verified, proof.anchors
    return {
        "verified": proof.holds,
        "entries": found.entries,
        "chains": found.chains,
        "anchors": {
            "place": anchors.place,
            "count": anchors.count,
            "passed": found.anchors,
            "faults": [asdict(fault) for fault in anchors.faults],
        },
        "faults": [asdict(fault) for fault in found.faults],
        "remarks": list(proof.remarks),
    }


def as_lines(proof: Proof) -> Iterator[str]:
    """Yield a verification for people: the faults with what to do, and a last line that says how it is."""
    found, anchors = proof.verified, proof.anchors
    for fault in found.faults:
        yield f"✗ {_where(fault)}: {fault.kind}: {fault.words}."
        yield f"    {REMEDIES[fault.kind]}"
    for each in anchors.faults:
        yield f"✗ anchor {each.number} in {anchors.place}: {each.kind}: {each.words}."
        yield f"    {ANCHOR_REMEDIES[each.kind]}"
    yield from (f"• {remark}" for remark in proof.remarks)
    seen = f"{found.entries:,} entries in {found.chains} chains, {anchors.count:,} anchors in {anchors.place}"
    if proof.holds:
        yield f"✓ {seen}: all is as it was written"
        return
    count = len(found.faults) + len(anchors.faults)
    yield f"✗ {seen}: {count} {'fault' if count == 1 else 'faults'}. {FIRST}"


def entry_document(view: AuditView) -> str:
    """Return an entry for machines, on one line."""
    return json.dumps({**asdict(view), "changed": view.changed}, default=_plain)


def entry_lines(view: AuditView) -> Iterator[str]:
    """Yield an entry for people: when, what, by whom; and each column that changed."""
    asked = f" (request {view.request_id})" if view.request_id else ""
    when = view.at.astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
    yield f"{when}  {view.relation}: {DONE.get(view.operation, view.operation)}, by {view.actor}{asked}"
    for name in view.changed:
        before, after = (json.dumps((image or {}).get(name), ensure_ascii=False) for image in (view.before, view.after))
        if view.before is not None and view.after is not None:
            yield f"    {name}: {_cut(before)} → {_cut(after)}"
        else:
            yield f"    {name}: {_cut(after if view.before is None else before)}"


def _where(fault: Fault) -> str:
    """Return the table, and as much of lane, position, entry and row as is known."""
    named = (("lane", fault.lane), ("position", fault.position), ("entry", fault.entry_id), ("row", fault.row_id))
    return ", ".join([fault.relation, *(f"{word} {value}" for word, value in named if value is not None)])


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
