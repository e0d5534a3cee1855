"""The pieces of script that hold a rule, run by node on values."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from layouts.component import ASSETS

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def run(tmp_path: Path, expression: str) -> Any:
    """Return what an expression over the shared pieces gives."""
    module = tmp_path / "run.mjs"
    shared = (ASSETS / "js" / "dom.js").read_text(encoding="utf-8")
    module.write_text(f"{shared}\nconsole.log(JSON.stringify({expression}))", encoding="utf-8")
    done = subprocess.run(["node", str(module)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("line", "read", "places"),
    [
        ("MC74", "MC74", [0, 1, 2, 3]),
        ("+786AB", "786AB", [1, 2, 3, 4, 5]),
        ("LM 324 N", "LM324N", [0, 1, 3, 4, 5, 7]),
        ("lm324", "LM324", [0, 1, 2, 3, 4]),
        ("AAB", "AB", [0, 2]),
        ("AB", "A-B", [0, None, 1]),
        ("AB", "AXB", [0, None, 1]),
        ("", "", []),
    ],
    ids=["alike", "a symbol before", "spaces", "small letters", "one left out", "a gap", "not in the line", "nothing"],
)
def test_a_column_finds_its_character_in_the_line(
    tmp_path: Path, line: str, read: str, places: list[int | None]
) -> None:
    alignment = [{"read": None if character == "-" else character} for character in read]
    characters = [{"text": character} for character in line]
    assert run(tmp_path, f"placesOf({json.dumps({'alignment': alignment})}, {json.dumps(characters)})") == places


@pytest.mark.parametrize(
    ("zone", "iso", "day"),
    [
        ("Asia/Tokyo", "2026-11-20T15:00:00Z", "2026-11-21"),
        ("America/New_York", "2026-11-21T04:59:59Z", "2026-11-20"),
        ("UTC", "2026-11-21T00:00:00Z", "2026-11-21"),
    ],
)
def test_a_day_is_that_of_the_time_zone_that_is_preferred(tmp_path: Path, zone: str, iso: str, day: str) -> None:
    assert run(tmp_path, f"({IN_ZONE})({json.dumps(zone)}, () => dayOf(new Date({json.dumps(iso)})))") == day


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("UTC", "2026-11-20", "2026-11-20T00:00:00.000Z"),
        ("Asia/Kolkata", "2026-11-20", "2026-11-19T18:30:00.000Z"),
        ("America/New_York", "2026-11-20", "2026-11-20T05:00:00.000Z"),
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z"),
        ("Europe/Berlin", "2026-03-30", "2026-03-29T22:00:00.000Z"),
        ("Pacific/Auckland", "2026-09-28", "2026-09-27T11:00:00.000Z"),
    ],
    ids=["utc", "half an hour", "behind", "the day the clocks go on", "the day after", "ahead"],
)
def test_a_day_begins_where_its_user_is(tmp_path: Path, zone: str, day: str, begins: str) -> None:
    midnight = json.dumps(f"{day}T00:00Z")
    assert run(tmp_path, f"({IN_ZONE})({json.dumps(zone)}, () => beginOf(new Date({midnight})))") == begins


IN_ZONE = "(zone, give) => { globalThis.document = {documentElement: {dataset: {zone}}}; return give() }"
