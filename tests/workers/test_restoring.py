"""What was backed up comes back, row for row and picture for picture, into a database that held nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from data import embedded_urls, migrate
from data.anchors import name_of
from data.backup_folder import MANIFEST, BackupFolder
from data.backup_manifest import manifest_of
from data.backup_manifest import name_of as backup_name
from data.errors import BackupDamaged, BackupError
from data.settings import Settings
from data.tables import Inspection
from tests.bucket_server import BUCKET, Bucket
from tests.data.conftest import Scratch, scratch  # noqa: F401 - the fixture
from tests.workers.anchor_probe import REWRITTEN, lots, superuser_does
from tests.workers.backup_probe import backed_up, damage_all, held, pictures_of, silent, store_path, worked
from tests.workers.conftest import Composed
from tests.workers.queue_probe import engines, take_in
from workers.anchoring import anchor
from workers.backing_up import BackedUp
from workers.claim import claimed
from workers.composition import Services, compose
from workers.errors import AlreadyRunning
from workers.inspecting import inspect_batch
from workers.outbox import next_batch
from workers.restoring import Restored, restore
from workers.spool import Key

DIFFERENT = {"public.sign_ins", "public.invitations", "audit.entries", "audit.heads"}
"""Who was signed in is out, and links that were open are closed, which the trail says."""


@dataclass
class Plant:
    """An installation with a backup, and settings of another on an empty database."""

    services: Services
    folder: BackupFolder
    made: BackedUp
    empty: Settings
    urls: Scratch

    async def restored(
        self, *, replace: bool = False, tell: Any = silent, settings: Settings | None = None
    ) -> Restored:
        chosen = settings or self.empty
        return await restore(chosen, self.folder, self.folder.names()[-1], replace=replace, tell=tell)


@pytest.fixture
def new_home() -> Iterator[Path]:
    """A state folder that is not there yet, with a path short enough for sockets."""
    parent = Path(tempfile.mkdtemp(prefix="ms-", dir="/tmp"))
    yield parent / "home"
    shutil.rmtree(parent)


@pytest.fixture
def services(composed: Composed, tmp_path: Path) -> Services:
    made = composed(home=tmp_path / "home")
    made._load_engines = engines
    return made


@pytest.fixture
async def plant(services: Services, scratch: Scratch, new_home: Path, tmp_path: Path) -> Plant:  # noqa: F811
    """An installation where something of everything happened, backed up."""
    await worked(services)
    folder, made = await backed_up(services, tmp_path / "backups")
    urls = {"database_url": SecretStr(scratch.app_url), "owner_url": SecretStr(scratch.owner_url)}
    return Plant(services, folder, made, services.settings.model_copy(update={**urls, "home": new_home}), scratch)


@pytest.fixture
async def back(plant: Plant) -> AsyncIterator[Services]:
    """Services on what was restored."""
    made = compose(plant.empty, load_engines=engines)
    yield made
    await made.close()


async def test_everything_comes_back_as_it_was(plant: Plant, back: Services, postgres: Settings) -> None:
    restored = await plant.restored()
    assert (restored.faults, restored.remarks) == ((), [])
    before = await held(embedded_urls.postgres_url(postgres.home, embedded_urls.SUPERUSER), but=DIFFERENT)
    assert await held(plant.urls.superuser_url, but=DIFFERENT) == before
    assert await pictures_of(plant.empty) == await pictures_of(plant.services.settings)
    spool = sorted(path.name for path in (plant.empty.home / "spool").rglob("*.json"))
    assert spool == sorted(path.name for path in (plant.services.settings.home / "spool").rglob("*.json"))
    assert not (plant.empty.home / "restoring").exists()

    await the_trail_goes_on_by_itself(restored, back)
    await open_links_are_closed(plant)
    await what_waited_waits_again(back)


async def the_trail_goes_on_by_itself(restored: Restored, back: Services) -> None:
    assert restored.verified.faults == []
    assert (restored.verified.entries > 15, restored.verified.anchors > 0) == (True, True)
    assert restored.anchored is not None
    assert (restored.anchored.number, restored.anchored.database) == (2, "scratch")
    assert await anchor(back) is None, "nothing is new, and nobody has to say that it goes on"
    await lots(back, 1, called="new")
    assert (await anchor(back)) is not None


async def open_links_are_closed(plant: Plant) -> None:
    connection = await asyncpg.connect(plant.urls.superuser_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM invitations WHERE closed_at IS NULL") == 0
        found = await connection.fetch("SELECT relation, operation FROM audit.entries WHERE actor = 'system:restore'")
        assert [tuple(row) for row in found] == [("invitations", "update")]
    finally:
        await connection.close()


async def what_waited_waits_again(back: Services) -> None:
    (record,) = back.spool.waiting()
    assert await back.store.get(record.said["addresses"][0]), "its picture came with it"
    assert back.spool.waits_under(record.key or Key("", "", "")) == record.id, "its sender gets the same inspection"
    while (batch_id := await next_batch(back)) is not None:
        await inspect_batch(back, batch_id)
    async with back.database.session() as session:
        counted = await session.execute(select(Inspection.state, func.count()).group_by(Inspection.state))
        states = {row[0]: row[1] for row in counted}
    assert states == {"done": 8}, "unfinished parts are judged after the restore"


async def test_a_database_that_holds_something_is_left_alone_unless_told(plant: Plant, back: Services) -> None:
    await plant.restored()
    await lots(back, 1, called="since")
    await back.close()
    with pytest.raises(BackupError, match=r"holds something already.*--replace"):
        await plant.restored()
    restored = await plant.restored(replace=True)
    connection = await asyncpg.connect(plant.urls.superuser_url)
    assert await connection.fetchval("SELECT count(*) FROM lots WHERE code LIKE 'since%'") == 0
    await connection.close()
    assert any("later than the backup" in remark and "--go-on" in remark for remark in restored.remarks)
    assert restored.put.pictures == 0, "what lies there whole is not written again"


async def test_nothing_is_restored_under_a_marksight_that_runs(plant: Plant, back: Services) -> None:
    plant.empty.home.mkdir(mode=0o711)
    with claimed(plant.empty.home), pytest.raises(AlreadyRunning):
        await plant.restored()
    connection = await asyncpg.connect(plant.urls.app_url)
    try:
        with pytest.raises(BackupError, match="stop it on every machine"):
            await plant.restored()
    finally:
        await connection.close()


def rewritten(folder: BackupFolder, **changes: Any) -> None:
    """Write the only backup's manifest anew, so that it fits its name: as another program would have made it."""
    (name,) = folder.names()
    path = folder.root / "backups" / name
    found = manifest_of((path / MANIFEST).read_bytes())
    new = replace(found, **{key: change(found) for key, change in changes.items()})
    (path / MANIFEST).write_bytes(new.to_bytes())
    path.rename(path.with_name(backup_name(new, new.to_bytes())))


async def test_what_does_not_fit_is_refused_before_anything_is_written(plant: Plant) -> None:
    (table,) = plant.folder.root.glob("backups/*/public.results.copy.gz")
    before = table.read_bytes()
    table.write_bytes(before[:-1] + b"?")
    with pytest.raises(BackupDamaged, match=r"public\.results\.copy\.gz was changed"):
        await plant.restored()
    (path,) = plant.folder.root.glob("backups/*/public.results.copy.gz")
    path.write_bytes(before)
    rewritten(plant.folder, files=lambda found: {"../../etc/cron.d/x": next(iter(found.files.values()))})
    with pytest.raises(BackupDamaged, match="which no backup holds"):
        await plant.restored()
    rewritten(plant.folder, origin=lambda found: replace(found.origin, revision="9999", program="9.9"))
    with pytest.raises(BackupError, match=r"revision 9999.*Marksight 9\.9 made it"):
        await plant.restored()
    assert not plant.empty.home.exists()
    assert await asyncio.to_thread(migrate.current, plant.urls.owner_url) is None


async def test_damaged_pictures_are_named_and_the_rest_comes_back(plant: Plant) -> None:
    damage_all(plant.folder, plant.made.manifest)
    plant.folder.blobs.path(plant.made.manifest.anchors[1]).unlink()
    restored = await plant.restored()
    assert await pictures_of(plant.empty) == {}
    assert len(restored.put.damaged) == plant.made.manifest.blob_count - len(plant.made.manifest.files)
    assert len(restored.faults) == len(restored.put.damaged)
    assert restored.verified.entries > 15


async def test_large_files_go_through_in_constant_memory_and_mend_what_lies_there_damaged(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.restoring_pictures.SMALL_BYTES", 10)
    pictures = await pictures_of(plant.services.settings)
    target = store_path(plant.empty, next(iter(pictures)))
    target.parent.mkdir(parents=True)
    target.write_bytes(b"damaged")
    assert (await plant.restored()).faults == ()
    assert await pictures_of(plant.empty) == pictures


async def test_a_trail_that_was_tampered_with_before_the_backup_is_told(
    services: Services,
    scratch: Scratch,  # noqa: F811
    new_home: Path,
    tmp_path: Path,
    postgres: Settings,
) -> None:
    await lots(services)
    await anchor(services)
    await superuser_does(postgres, REWRITTEN.format(position=3))
    folder, made = await backed_up(services, tmp_path / "backups")
    urls = {"database_url": SecretStr(scratch.app_url), "owner_url": SecretStr(scratch.owner_url), "home": new_home}
    restored = await restore(services.settings.model_copy(update=urls), folder, made.name, replace=False, tell=silent)
    (fault,) = restored.faults
    assert "rewritten in lots" in fault
    assert restored.anchored is None
    assert any("not anchored" in remark for remark in restored.remarks)


async def test_anchors_that_know_of_more_are_kept_and_told(plant: Plant) -> None:
    await lots(plant.services, 2, called="later")
    later = await anchor(plant.services)
    assert later is not None
    place = plant.services.settings.home / "anchors"
    elsewhere = plant.empty.model_copy(update={"audit_anchor_url": SecretStr(place.as_uri())})
    restored = await plant.restored(settings=elsewhere)
    assert restored.faults == (), "as far as the backup goes, all is as it was"
    assert restored.anchored is None
    (remark,) = restored.remarks
    assert f"anchor 2 of {later.at:%Y}" in remark
    assert "lots ends at" in remark
    assert sorted(path.name for path in place.iterdir()) == [name_of(1), name_of(2)]


async def test_a_backup_of_an_older_schema_is_restored_and_migrated(
    services: Services,
    scratch: Scratch,  # noqa: F811
    new_home: Path,
    tmp_path: Path,
) -> None:
    await asyncio.to_thread(migrate.upgrade, scratch.owner_url, "0007")
    connection = await asyncpg.connect(scratch.owner_url)
    await connection.execute("SELECT set_config('marksight.actor', 'user:x', false)")
    await connection.execute("INSERT INTO lots (id, code) VALUES (gen_random_uuid(), 'old')")
    await connection.close()
    urls = {"database_url": SecretStr(scratch.app_url), "owner_url": SecretStr(scratch.owner_url), "home": new_home}
    old = services.settings.model_copy(update=urls)
    composed = compose(old)
    folder, made = await backed_up(composed, tmp_path / "backups")
    await composed.close()
    assert made.manifest.origin.revision == "0007"
    restored = await restore(old, folder, made.name, replace=True, tell=silent)
    assert restored.faults == ()
    assert await asyncio.to_thread(migrate.current, scratch.owner_url) == migrate.head()
    connection = await asyncpg.connect(scratch.app_url)
    assert await connection.fetchval("SELECT code FROM lots") == "old"
    await connection.close()


async def test_pictures_go_from_a_bucket_into_a_bucket(
    services: Services,
    composed: Composed,
    bucket: Bucket,
    scratch: Scratch,  # noqa: F811
    new_home: Path,
    tmp_path: Path,
) -> None:
    url = "s3://{}/{}?endpoint={}"
    plant = composed(home=tmp_path / "home", store_url=url.format(BUCKET, "old", bucket.endpoint))
    await take_in(plant, 3)
    lacking = min(await pictures_of(plant.settings))
    await plant.store.delete(lacking)
    folder, made = await backed_up(plant, tmp_path / "backups")
    assert ([each.address for each in made.manifest.lacking], made.copied) == ([lacking], 2)
    urls = {"database_url": SecretStr(scratch.app_url), "owner_url": SecretStr(scratch.owner_url), "home": new_home}
    into = plant.settings.model_copy(update={**urls, "store_url": url.format(BUCKET, "new", bucket.endpoint)})
    restored = await restore(into, folder, made.name, replace=False, tell=silent)
    assert [lacking in fault for fault in restored.faults] == [True]
    assert await pictures_of(into) == await pictures_of(plant.settings)


DYING = """
import asyncio, os, signal, sys
from pathlib import Path
from data.backup_folder import BackupFolder
from data.settings import Settings
from workers.restoring import restore

def tell(what, done, total):
    if what == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
folder = BackupFolder.open(Path(sys.argv[1]))
asyncio.run(restore(Settings(), folder, folder.names()[-1], replace=False, tell=tell))
"""


async def test_killed_in_the_middle_it_is_begun_anew(plant: Plant) -> None:
    variables = {
        "MARKSIGHT_HOME": str(plant.empty.home),
        "MARKSIGHT_DATABASE_URL": plant.urls.app_url,
        "MARKSIGHT_OWNER_URL": plant.urls.owner_url,
        "MARKSIGHT_REDIS_URL": "redis://127.0.0.1:1",
    }
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", DYING, str(plant.folder.root), "Table results"), env={**os.environ, **variables}
    )
    assert await child.wait() == -signal.SIGKILL
    assert await asyncio.to_thread(migrate.current, plant.urls.owner_url) is None, "the database holds what it held"
    restored = await plant.restored()
    assert restored.faults == ()
    assert restored.put.there > 0
    assert await pictures_of(plant.empty) == await pictures_of(plant.services.settings)
