"""The doctor says when anchors cannot be kept or read, are not ours, or are too old."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.audit_anchor import digest_of
from data.anchors import name_of
from data.settings import Settings
from tests.workers.anchor_probe import lots, lying, place_of, superuser_does
from tests.workers.conftest import GatedDatabase, Homed
from workers import anchor_notes
from workers.anchoring import anchor
from workers.check_anchors import check_anchors
from workers.composition import Services, compose, utc_now
from workers.finding import Finding


async def one(services: Services) -> Finding:
    (finding,) = await check_anchors(services.settings)
    return finding


async def test_an_empty_trail_is_well(homed: Homed) -> None:
    finding = await one(homed())
    assert finding.grade == "ok"
    assert finding.found.startswith("none yet in")


async def test_an_anchored_trail_is_well_and_says_where(homed: Homed, tmp_path: Path) -> None:
    services = homed()
    await lots(services)
    await anchor(services)
    finding = await one(services)
    assert finding.grade == "ok"
    assert finding.found.startswith("anchor 1 of ")
    assert f"is the last in {tmp_path}/anchors; on this machine alone" in finding.found
    elsewhere = homed(f"file://{tmp_path}/anchors")
    assert "on this machine alone" not in (await one(elsewhere)).found


async def test_an_old_anchor_is_well_while_nothing_is_new(homed: Homed, services: Services, tmp_path: Path) -> None:
    await lots(services)
    long_ago = compose(homed().settings, clock=lambda: utc_now() - timedelta(days=90))
    await anchor(long_ago)
    await long_ago.close()
    assert (await one(homed())).grade == "ok"


AGED = "UPDATE audit.lots SET at = at - {} * interval '1 second'"
LATE = 10_801
"""Seconds: more than three hours."""


@pytest.mark.parametrize(
    ("age_s", "every_s", "grade"),
    [
        pytest.param(3000, 3600, "ok", id="within the period"),
        pytest.param(LATE - 60, 3600, "ok", id="within three"),
        pytest.param(LATE, 3600, "wrong", id="after three"),
        pytest.param(LATE, 86_400, "ok", id="after three hours of a day"),
    ],
)
@pytest.mark.parametrize("has_one", [True, False], ids=["behind an anchor", "without any"])
async def test_entries_that_wait_too_long_are_found(
    homed: Homed, postgres: Settings, age_s: int, every_s: int, grade: str, has_one: bool
) -> None:
    services = homed(audit_anchor_s=every_s)
    if has_one:
        await lots(services, called="before")
        await anchor(services)
    await lots(services)
    await superuser_does(postgres, AGED.format(age_s))
    finding = await one(services)
    assert finding.grade == grade
    if grade == "wrong":
        assert "entries wait for the next since" in finding.found
        assert "marksight audit anchor" in finding.mend


async def test_a_trail_that_has_gone_back_is_found(homed: Homed, postgres: Settings) -> None:
    services = homed()
    await lots(services)
    await anchor(services)
    await superuser_does(
        postgres,
        "DELETE FROM audit.lots WHERE position > 3; UPDATE audit.heads SET position = 3,"
        " hash = (SELECT hash FROM audit.lots WHERE position = 3) WHERE relation = 'lots' AND lane = 0",
    )
    finding = await one(services)
    assert finding.grade == "wrong"
    assert "lane 0 of lots ends at 3, and had come to 6" in finding.found
    assert finding.mend.startswith("marksight audit verify")


async def test_anchors_of_another_database_are_found(homed: Homed) -> None:
    services = homed()
    await lots(services)
    await anchor(services)
    (first,) = await lying(services)
    other = replace(first, number=2, database="another", before=digest_of(first.to_bytes()))
    await place_of(services).add(2, other.to_bytes())
    finding = await one(services)
    assert finding.grade == "wrong"
    assert "are of another database, another (system" in finding.found
    assert "--go-on" in finding.mend


async def test_an_anchor_that_is_gone_is_found(homed: Homed, tmp_path: Path) -> None:
    services = homed()
    await lots(services)
    await anchor(services)
    (tmp_path / "anchors" / name_of(1)).unlink()
    finding = await one(services)
    assert (finding.grade, "Anchor 1, which was written from here" in finding.found) == ("wrong", True)


async def test_a_place_that_cannot_be_read_is_found(homed: Homed, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    finding = await one(homed(f"file://{tmp_path}/file"))
    assert (finding.grade, "not a directory" in finding.found) == ("wrong", True)
    assert "MARKSIGHT_AUDIT_ANCHOR_URL" in finding.mend


NOT_OURS = next((each for each in ("/proc/sys", "/sys", "/usr") if not os.access(each, os.W_OK)), "")


@pytest.mark.skipif(not NOT_OURS, reason="every folder of this machine can be written")
async def test_a_place_that_cannot_be_written_is_found(homed: Homed) -> None:
    findings = await check_anchors(homed(f"file://{NOT_OURS}/a/b").settings)
    assert (findings[0].grade, findings[0].found) == (
        "wrong",
        f"{NOT_OURS} cannot be written, where anchors are to lie",
    )


async def test_a_url_that_makes_no_sense_is_found_and_not_shown(homed: Homed) -> None:
    finding = await one(homed("ftp://hunter2@h/x"))
    assert finding.grade == "wrong"
    assert "hunter2" not in str(finding)


async def test_what_fails_is_found_until_it_does_not(homed: Homed, tmp_path: Path) -> None:
    noted = anchor_notes.AnchorNotes(failure="The webhook https://h answers 500.", since="2026-03-05T12:00:00+00:00")
    anchor_notes.write(tmp_path, noted)
    failing, fine = await check_anchors(homed().settings)
    assert (failing.grade, fine.grade) == ("wrong", "ok")
    assert failing.found == "since 2026-03-05T12:00:00+00:00: The webhook https://h answers 500."


async def test_while_the_database_is_away_the_place_is_looked_at(homed: Homed, gated_database: GatedDatabase) -> None:
    finding = await one(homed(database_url=gated_database.url))
    assert (finding.grade, "does not answer" in finding.found) == ("note", True)


async def test_before_the_first_start_nothing_is_wrong(tmp_path: Path) -> None:
    fresh: dict[str, Any] = {"database_url": None, "owner_url": None, "redis_url": None, "store_url": None}
    (finding,) = await check_anchors(Settings(home=tmp_path / "home", **fresh))
    assert (finding.grade, "not compared" in finding.found) == ("ok", True)
    assert not (tmp_path / "home").exists()
