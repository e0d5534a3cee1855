"""What `marksight audit` prints of an entry, and of a verification."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from core.audit_anchor import AnchorFault
from dashboard.cli.audit_report import MOST_SHOWN, as_document, as_lines, entry_document, entry_lines
from data.queries.audit import AuditView
from workers.anchor_reading import AnchorsRead
from workers.auditing import Fault, Verified
from workers.proof import Proof

ROW = UUID("01960000-0000-7000-8000-000000000001")
AT = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_tokyo() -> Iterator[None]:
    """Times are told as the clock on the wall shows them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


def view(**changes: Any) -> AuditView:
    told: dict[str, Any] = {"id": 7, "relation": "lots", "row_id": ROW, "operation": "update", "actor": "user:ada"}
    told |= {"request_id": None, "at": AT, "before": {"state": "open"}, "after": {"state": "held"}, **changes}
    return AuditView(**told, **{each.name: 0 for each in fields(AuditView) if each.name not in told})


ENTRIES = {
    "changed": (
        view(),
        ["2026-03-05 21:00:00 +0900  lots: changed, by user:ada", '    state: "open" → "held"'],
    ),
    "made in a request": (
        view(operation="insert", before=None, after={"code": "Ä", "n": None}, request_id="r-1"),
        [
            "2026-03-05 21:00:00 +0900  lots: made, by user:ada (request r-1)",
            '    code: "Ä"',
            "    n: null",
        ],
    ),
    "deleted": (
        view(operation="delete", before={"n": 1}, after=None),
        ["2026-03-05 21:00:00 +0900  lots: deleted, by user:ada", "    n: 1"],
    ),
    "emptied": (
        view(operation="truncate", before=None, after=None, row_id=None),
        ["2026-03-05 21:00:00 +0900  lots: emptied, by user:ada"],
    ),
    "found": (
        view(operation="found", before=None, after={"n": 1}),
        ["2026-03-05 21:00:00 +0900  lots: was there when the trail began, by user:ada", "    n: 1"],
    ),
    "a column more": (
        view(before={"n": 1}, after={"n": 1, "m": 2}),
        ["2026-03-05 21:00:00 +0900  lots: changed, by user:ada", "    m: null → 2"],
    ),
    "a long value": (
        view(before={"d": "x" * 200}, after={"d": ""}),
        [
            "2026-03-05 21:00:00 +0900  lots: changed, by user:ada",
            f'    d: "{"x" * (MOST_SHOWN - 1)}… → ""',
        ],
    ),
}


@pytest.mark.parametrize(("entry", "lines"), ENTRIES.values(), ids=ENTRIES.keys())
def test_an_entry_is_told_in_words(entry: AuditView, lines: list[str]) -> None:
    assert list(entry_lines(entry)) == lines


def test_an_entry_is_told_whole_to_machines() -> None:
    document = json.loads(entry_document(view()))
    assert document["row_id"] == str(ROW)
    assert (document["at"], document["changed"]) == ("2026-03-05T12:00:00+00:00", ["state"])
    assert "\n" not in entry_document(view(before={"d": "a\nb"}))


def proof(*faults: Fault, anchors: tuple[AnchorFault, ...] = (), remarks: tuple[str, ...] = ()) -> Proof:
    read = AnchorsRead("s3://b/p", 3, faults=list(anchors))
    return Proof(Verified(1_234_567, 17, 40, list(faults)), read, remarks)


def test_what_holds_is_one_line_after_the_remarks() -> None:
    assert list(as_lines(proof(remarks=("Mind.",)))) == [
        "• Mind.",
        "✓ 1,234,567 entries in 17 chains, 3 anchors in s3://b/p: all is as it was written",
    ]
    assert as_document(proof())["verified"] is True


def test_every_fault_says_where_what_and_what_to_do() -> None:
    found = proof(
        Fault("changed", "lots", "its content differs", 0, 7, 99, str(ROW)),
        Fault("unguarded", "sites", "nothing listens to update"),
        anchors=(AnchorFault("missing", 2, "it is not there"),),
    )
    lines = list(as_lines(found))
    assert lines[0] == f"✗ lots, lane 0, position 7, entry 99, row {ROW}: changed: its content differs."
    assert lines[2] == "✗ sites: unguarded: nothing listens to update."
    assert lines[4] == "✗ anchor 2 in s3://b/p: missing: it is not there."
    assert all(lines[number].startswith("    ") for number in (1, 3, 5))
    assert "3 faults. Change nothing" in lines[6]
    document = as_document(found)
    assert (document["verified"], len(document["faults"]), document["anchors"]["passed"]) == (False, 2, 40)
    assert json.loads(json.dumps(document)) == document
