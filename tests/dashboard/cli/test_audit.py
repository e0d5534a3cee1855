"""`marksight audit`, as a user runs it."""

from __future__ import annotations

import json
import os
import pty
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from subprocess import DEVNULL, Popen

import pytest

from data.anchors import name_of
from data.settings import Settings
from data.urls import app_url
from tests.dashboard.cli.test_database_commands import marksight
from tests.hook_server import Hook
from tests.workers.anchor_probe import REWRITTEN, lots, superuser_does
from workers.composition import Services, compose

Variables = dict[str, str]


@pytest.fixture
async def services(emptied: None, postgres: Settings) -> AsyncIterator[Services]:
    """Everything composed as in production, on tables with nothing in them."""
    composed = compose(postgres)
    yield composed
    await composed.close()


@pytest.fixture
def variables(services: Services, tmp_path: Path) -> Variables:
    """A state folder of the test's own, on the test's database."""
    return {"MARKSIGHT_HOME": str(tmp_path), "MARKSIGHT_DATABASE_URL": app_url(services.settings)}


async def test_an_empty_trail_verifies_and_needs_no_anchor(variables: Variables, tmp_path: Path) -> None:
    code, said = await marksight("audit", "verify", **variables)
    assert code == 0
    assert f"• There are no anchors in {tmp_path}/anchors" in said
    assert said.splitlines()[-1].startswith("✓ 0 entries in 0 chains, 0 anchors")
    assert await marksight("audit", "anchor", **variables) == (
        0,
        "nothing is new since the last anchor; none was written\n",
    )


async def test_anchored_and_verified(variables: Variables, services: Services, tmp_path: Path) -> None:
    await lots(services)
    code, said = await marksight("audit", "anchor", **variables)
    assert code == 0
    assert re.fullmatch(r"anchor 1 of \S+Z is kept: 6 entries in 1 chains\n", said)
    code, said = await marksight("audit", "verify", **variables)
    assert (code, said) == (
        0,
        f"✓ 6 entries in 1 chains, 1 anchors in {tmp_path}/anchors: all is as it was written\n",
    )


async def test_a_rewritten_chain_is_named_with_what_to_do(
    variables: Variables, services: Services, postgres: Settings, tmp_path: Path
) -> None:
    await lots(services)
    await marksight("audit", "anchor", **variables)
    await superuser_does(postgres, REWRITTEN.format(position=3))
    elsewhere = {**variables, "MARKSIGHT_HOME": str(tmp_path / "another")}
    assert (await marksight("audit", "verify", **elsewhere))[0] == 0, "without anchors nothing is found"
    for options in ((), ("--anchors", str(tmp_path / "anchors" / name_of(1)))):
        code, said = await marksight("audit", "verify", *options, **(elsewhere if options else variables))
        assert code == 1
        assert re.search(r"✗ lots, lane 0, position 6, entry \d+, row [0-9a-f-]{36}: rewritten: anchor 1 of ", said)
        assert "Hold it against a backup from before the anchor" in said
        assert "1 fault. Change nothing, and keep what is there" in said


async def test_a_changed_entry_is_told_to_machines(
    variables: Variables, services: Services, postgres: Settings
) -> None:
    await lots(services)
    await superuser_does(postgres, "UPDATE audit.lots SET actor = 'user:eve' WHERE position IN (3, 4)")
    code, said = await marksight("audit", "verify", "--json", **variables)
    document = json.loads(said)
    (fault,) = document["faults"]
    assert (code, document["verified"], document["entries"]) == (1, False, 6)
    assert (fault["kind"], fault["relation"], fault["lane"], fault["position"]) == ("changed", "lots", 0, 3)
    assert fault["entry_id"] > 0
    assert len(fault["row_id"]) == 36


async def test_an_anchor_that_is_tampered_with_is_named(
    variables: Variables, services: Services, tmp_path: Path
) -> None:
    for called in "AB":
        await lots(services, 1, called=called)
        await marksight("audit", "anchor", **variables)
    (tmp_path / "anchors" / name_of(1)).unlink()
    code, said = await marksight("audit", "verify", **variables)
    assert code == 1
    assert f"✗ anchor 1 in {tmp_path}/anchors: missing: it is not there." in said
    code, said = await marksight("audit", "verify", "--json", **variables)
    assert json.loads(said)["anchors"]["faults"][0]["kind"] == "missing"


async def test_what_cannot_be_verified_is_an_error(variables: Variables, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for options, words in (
        (("--anchors", str(tmp_path / "empty")), "There are no anchors in"),
        (("--anchors", str(tmp_path / "gone")), "gone: no such file"),
    ):
        code, said = await marksight("audit", "verify", *options, **variables)
        assert (code, words in said, said.count("\n")) == (4, True, 1)
    away = {**variables, "MARKSIGHT_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/x"}
    code, said = await marksight("audit", "verify", **away)
    assert (code, "the database does not answer" in said) == (4, True)


async def test_anchors_that_are_gone_stop_anchoring_until_somebody_says(
    variables: Variables, services: Services, tmp_path: Path
) -> None:
    await lots(services)
    await marksight("audit", "anchor", **variables)
    (tmp_path / "anchors" / name_of(1)).unlink()
    code, said = await marksight("audit", "anchor", **variables)
    assert (code, said.count("\n")) == (4, 1)
    assert "marksight audit anchor --go-on" in said
    assert (await marksight("audit", "anchor", "--go-on", **variables))[0] == 0


async def test_webhooks_are_told(variables: Variables, services: Services, hook: Hook, tmp_path: Path) -> None:
    await lots(services)
    named = {**variables, "MARKSIGHT_AUDIT_ANCHOR_URL": f"{hook.url}/hunter2"}
    assert (await marksight("audit", "anchor", **named))[0] == 0
    assert hook.heard == [(tmp_path / "anchors" / name_of(1)).read_bytes()]
    hook.says(500)
    await lots(services, 1, called="more")
    code, said = await marksight("audit", "anchor", **named)
    assert (code, f"The webhook {hook.url} answers 500" in said, "hunter2" in said) == (4, True, False)
    assert (tmp_path / "anchors" / name_of(2)).exists()


async def test_the_history_of_a_row_is_told_in_words(variables: Variables, services: Services) -> None:
    async with services.database.unit_of_work() as work:
        id_ = await work.parts.open_lot("L1")
        await work.commit()
    code, said = await marksight("audit", "show", str(id_), **variables, TZ="UTC")
    assert code == 0
    first, *columns = said.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000  lots: made, by user:tester", first)
    assert '    code: "L1"' in columns
    code, said = await marksight("audit", "show", str(id_), "--json", **variables)
    assert (code, json.loads(said)["after"]["code"], json.loads(said)["row_id"]) == (0, "L1", str(id_))


@pytest.mark.parametrize(
    ("row_id", "words"),
    [("00000000-0000-7000-8000-000000000000", "There is no entry of the audit trail for"), ("L1", "valid UUID")],
)
async def test_a_row_that_nobody_knows_is_an_error(variables: Variables, row_id: str, words: str) -> None:
    code, said = await marksight("audit", "show", row_id, **variables)
    assert (code, words in said) == (4, True)


async def test_before_the_first_start_it_says_what_is_missing(tmp_path: Path) -> None:
    for command in ("verify", "anchor"):
        code, said = await marksight("audit", command, MARKSIGHT_HOME=str(tmp_path))
        assert (code, "were never started" in said) == (4, True)


def on_a_terminal(variables: Variables) -> tuple[int, str]:
    """Return the exit code of `audit verify`, and what it drew on the terminal that is its error stream."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, **variables, "TERM": "xterm", "COLUMNS": "120"}
    command = [sys.executable, "-c", "from dashboard.cli import main; main()", "audit", "verify"]
    with Popen(command, env=environment, stdout=DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        drawn = b""
        try:
            while some := os.read(ours, 65536):
                drawn += some
        except OSError:  # the terminal is closed with the last who has it open
            pass
    os.close(ours)
    return process.returncode, drawn.decode()


async def test_on_a_terminal_it_shows_how_far_it_is(variables: Variables, services: Services) -> None:
    import asyncio  # noqa: PLC0415

    await lots(services)
    code, drawn = await asyncio.to_thread(on_a_terminal, variables)
    assert code == 0
    assert "Walking the audit trail" in drawn
