"""The drill: backed up under load, destroyed, restored; all that was accepted before is there, and judged once.

Parts come in and the worker is dead when the backup begins, so that it holds unfinished ones. Then the whole state
folder is deleted. After the restore the same parts are sent again under their keys, as machines do that were not
answered.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from data.backup_folder import BackupFolder
from data.store import address_of, key_of
from tests.chaos import ledger
from tests.chaos.conftest import Parts
from tests.chaos.house import PATIENCE_S, House
from tests.chaos.sender import Sender, to_inspections
from tests.dashboard.cli.test_database_commands import marksight
from tests.workers.programs import until
from workers.claim import free_port

COUNT = 24
JUDGED, WAITING = 8, 16

KEPT = """
SELECT i.id, encode(m.sha256, 'hex') FROM inspections i
JOIN inspection_images p ON p.inspection_id = i.id JOIN images m ON m.id = p.image_id
"""

UNHURRIED = {"MARKSIGHT_LEASE_S": "30", "MARKSIGHT_WORKERS": "1"}
"""No worker dies with a part in hand here, so none is waited for; and it is started twice."""

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
async def house(folder: Path) -> AsyncIterator[House]:
    """The program, running, to be deleted."""
    async with House(folder / "home", free_port("127.0.0.1", 0), UNHURRIED).running() as running:
        yield running


async def test_what_was_accepted_before_a_backup_outlives_everything(house: House, parts: Parts, folder: Path) -> None:
    sent, sender, destination = parts("drill", COUNT), Sender(house.url, to_inspections), folder / "backups"
    variables = {"MARKSIGHT_HOME": str(house.home), "MARKSIGHT_BACKUP_FOLDER": str(destination)}
    async with asyncio.TaskGroup() as group:
        group.create_task(sender.send_all(sent))
        sender.allow(JUDGED)
        await until(lambda: len(sender.acknowledged) == JUDGED, PATIENCE_S)
        await ledger.until_quiet(house)
        async with house.unattended():
            await house.kill("worker-1")
            sender.allow(WAITING - JUDGED)
            await until(lambda: len(sender.acknowledged) == WAITING, PATIENCE_S)
            before = dict(sender.acknowledged)
            sender.allow(COUNT - WAITING)
            code, said = await marksight("backup", **variables)
    assert code == 0, said
    manifest = BackupFolder.open(destination).manifest(BackupFolder.open(destination).names()[-1])
    assert manifest.rows_of("inspections") - manifest.rows_of("results") >= WAITING - JUDGED, "unfinished parts"

    await house.end()
    shutil.rmtree(house.home)
    code, said = await marksight("restore", **variables)
    assert code == 0, said
    assert "✓ audit trail" in said
    await house.start()

    await ledger.until_quiet(house)
    pictures = {sender.acknowledged[part.key]: address_of(part.picture) for part in sent}
    async with house.database() as connection:
        kept = {row[0]: row[1] for row in await connection.fetch(KEPT)}
    assert {id_: pictures[id_] for id_ in before.values()}.items() <= kept.items(), "accepted before, with its picture"
    for address in kept.values():
        assert address_of((house.home / "store" / key_of(address)).read_bytes()) == address
    again = Sender(house.url, to_inspections)
    again.allow(COUNT)
    await again.send_all(sent)
    assert before.items() <= again.acknowledged.items(), "under its key each is what it was"
    await ledger.reconcile(house, again, sent, like="drill-%")
    assert (await marksight("audit", "verify", **variables))[0] == 0
