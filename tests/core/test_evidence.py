from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.evidence import digest, to_document
from core.inspection import Inspection, judge, not_judged
from core.reasons import Reason
from tests.core.marks import mark, recipe

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def inspection(*lines: str) -> Inspection:
    return judge(mark(*lines), recipe("{YYWW}XBL E4", "SN74LS00N"), captured_at=NOW, signal_version="ppocr:test;ocv1")


@pytest.fixture
def document() -> dict[str, Any]:
    return to_document(inspection("1932XBL", "SN74LS06N"))


def test_the_document_is_plain_json(document: dict[str, Any]) -> None:
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_it_holds_all_that_was_promised(document: dict[str, Any]) -> None:
    assert {
        "schema", "verdict", "reasons", "facts", "score", "confidence", "signals", "legible", "variant", "outline",
        "rotation_ccw_deg", "picture", "pictures", "lines", "fields", "seconds", "signal_version",
    } == set(document)  # fmt: skip
    assert document["schema"] == 1
    assert document["verdict"] == "fail"
    assert document["reasons"][0]["code"] == "RIVAL_TEXT"
    assert set(document["signals"]) == {"ocr"}
    assert document["seconds"] == {"locate": 0.01, "read": 0.05}


def test_lines_hold_characters_with_what_else_they_could_be(document: dict[str, Any]) -> None:
    character = document["lines"][1]["characters"][0]
    assert set(character) == {"text", "confidence", "runner_up", "margin", "quad", "top"}
    assert character["text"] == "S"
    assert character["top"][0][0] == "S"
    assert len(character["quad"]) == 4
    assert document["lines"][0]["text"] == "1932XBL"


def test_fields_say_where_they_were_read_and_how_they_compare(document: dict[str, Any]) -> None:
    date, part = document["fields"]
    assert (date["line"], date["pattern"], date["legible"]) == (0, True, True)
    assert (part["line"], part["pattern"], part["rival"]) == (1, False, "SN74LS06N")
    assert [column["read"] for column in part["alignment"] if not column["ok"]] == ["6"]
    assert part["alignment"][0] == {"expected": "S", "read": "S", "ok": True}


def test_a_line_not_found_has_no_place() -> None:
    date, part = to_document(inspection("SN74LS00N"))["fields"]  # type: ignore[misc]
    assert date["line"] is None
    assert all(column["read"] is None for column in date["alignment"])
    assert part["line"] == 0


def test_no_package_has_no_outline() -> None:
    assert to_document(not_judged(Reason.TIME_OUT))["outline"] is None


def test_timings_lie_outside_the_digest(document: dict[str, Any]) -> None:
    assert digest(document) == digest(document | {"seconds": {"read": 9.0}})
    assert digest(document) == digest({key: value for key, value in document.items() if key != "seconds"})


@pytest.mark.parametrize("key", ["verdict", "score", "lines", "signal_version", "facts"])
def test_everything_else_lies_in_it(document: dict[str, Any], key: str) -> None:
    assert digest(document) != digest(document | {key: "changed"})


def test_the_order_of_keys_does_not_matter(document: dict[str, Any]) -> None:
    assert digest(dict(reversed(document.items()))) == digest(document)


def test_the_digest_is_a_sha256(document: dict[str, Any]) -> None:
    assert len(bytes.fromhex(digest(document))) == 32


def test_the_digest_survives_storage(document: dict[str, Any]) -> None:
    assert digest(json.loads(json.dumps(document))) == digest(document)


def test_numbers_are_rounded() -> None:
    uneven = replace(inspection("1932XBL"), seconds=(("read", 0.123456789),))
    assert to_document(uneven)["seconds"] == {"read": 0.123457}
