"""A backup holds all that its rows name, as of one moment; cut off, it is gone on with; what is lacking is named."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from data import embedded_urls
from data.backup_folder import BackupFolder
from data.database import Database
from data.errors import BackupError, BackupFull, MigrationFailed, StoreError
from data.settings import Settings
from data.tables import Image
from data.urls import app_url
from tests.data.backup_rows import tree
from tests.disks import at_most
from tests.gate import Gate
from tests.workers.anchor_probe import superuser_does
from tests.workers.backup_probe import SIGN_IN, backed_up, silent, spooled, store_path, worked
from tests.workers.conftest import Composed
from tests.workers.queue_probe import engines, take_in
from workers.backing_up import back_up
from workers.backup_checking import check
from workers.composition import Services


@pytest.fixture
def services(composed: Composed, tmp_path: Path) -> Services:
    """Services with a state folder of their own, and engines that find nothing."""
    made = composed(home=tmp_path / "home", store_url=f"file://{tmp_path}/store")
    made._load_engines = engines
    return made


async def addresses(database: Database) -> list[str]:
    async with database.session() as session:
        return sorted(digest.hex() for digest in await session.scalars(select(Image.sha256)))


async def test_it_holds_everything_but_who_is_signed_in_and_is_whole(
    services: Services, postgres: Settings, tmp_path: Path
) -> None:
    await worked(services)
    await superuser_does(postgres, SIGN_IN)
    folder, made = await backed_up(services, tmp_path / "backups")
    manifest = folder.manifest(made.name)
    rows = {table.title: table.rows for table in manifest.tables}
    assert (rows["results"], rows["inspections"], rows["run_files"], rows["outbox"]) == (3, 8, 5, 5)
    assert rows["audit.entries"] > 15
    assert not {"sign_ins", "alembic_version", "audit.followed"} & set(rows)
    assert not any("sign_in" in name for name in tree(folder.root / "backups" / made.name))
    held = {address for address, _ in folder.listed(made.name, manifest)}
    assert held >= {blob.address async for blob in services.store.addresses()}, "bytes that rows or the spool name"
    assert (len(manifest.anchors), set(manifest.lacking), made.copied) == (
        1,
        set(),
        len(held) - 1 - len(manifest.files),
    )
    assert sorted(path.split("/")[0] for path in manifest.files) == ["anchoring.json", "spool", "spool"]
    assert check(folder, made.name, silent).holds


async def test_it_never_holds_a_secret(
    services: Services, composed: Composed, postgres: Settings, tmp_path: Path
) -> None:
    await take_in(services, 1)
    named = {"admin_password": SecretStr("hunter2"), "workers": 7, "store_url": services.settings.store_url}
    folder, made = await backed_up(composed(**named), tmp_path / "backups")
    document = (folder.root / "backups" / made.name / "manifest.json").read_text()
    password = embedded_urls.password_file(postgres.home, embedded_urls.APP_ROLE).read_text().strip()
    for secret in ("hunter2", password):
        assert secret not in document
    assert made.manifest.settings["workers"] == "7"
    secrets = set(made.manifest.secrets)
    assert {"admin_password", "database_url"} <= secrets
    assert secrets.isdisjoint(made.manifest.settings)
    assert any("secrets/" in each for each in made.manifest.left_out)


async def test_what_lies_there_is_not_copied_again(services: Services, tmp_path: Path) -> None:
    await take_in(services, 3)
    folder, first = await backed_up(services, tmp_path / "backups")
    await take_in(services, 1)
    second = await back_up(services, folder, silent)
    assert (first.copied, second.copied, second.manifest.blob_count) == (3, 1, 4)
    assert folder.names() == sorted({first.name, second.name})
    await asyncio.to_thread(folder.blobs.path((await addresses(services.database))[0]).write_bytes, b"cut")
    assert (await back_up(services, folder, silent)).copied == 1, "what is not as long as it should be is copied anew"


async def test_what_the_store_lacks_or_has_damaged_is_named_and_the_rest_kept(
    services: Services, tmp_path: Path
) -> None:
    await take_in(services, 3)
    missing, damaged, whole = await addresses(services.database)
    store_path(services.settings, missing).unlink()
    path = store_path(services.settings, damaged)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    folder, made = await backed_up(services, tmp_path / "backups")
    assert {each.address for each in made.manifest.lacking} == {missing, damaged}
    assert all(each.address in each.words for each in made.manifest.lacking)
    assert folder.blobs.holds(whole)
    assert not folder.blobs.holds(damaged)
    assert check(folder, made.name, silent).holds, "what was lacking then is no fault of the backup"


async def test_a_store_that_is_away_is_no_heap_of_missing_pictures(
    services: Services, composed: Composed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take_in(services, 2)
    monkeypatch.setattr("workers.backing_up.MOST_UNREADABLE", 1)
    blocked = tmp_path / "blocked"
    for address in await addresses(services.database):
        (blocked / address[:2] / address).mkdir(parents=True)  # a folder cannot be read as a file
    away = composed(home=tmp_path / "home", store_url=f"file://{blocked}")
    with pytest.raises(StoreError, match="cannot be read"):
        await backed_up(away, tmp_path / "backups")
    assert BackupFolder.open(tmp_path / "backups").names() == []


async def test_a_full_disk_is_told_and_the_next_run_goes_on(services: Services, tmp_path: Path) -> None:
    await take_in(services, 2)
    with at_most(400), pytest.raises(BackupFull, match="no room left"):
        await backed_up(services, tmp_path / "backups")
    folder, made = await backed_up(services, tmp_path / "backups")
    assert folder.names() == [made.name]
    assert check(folder, made.name, silent).holds


async def test_a_database_that_is_away_is_told(
    services: Services, composed: Composed, tmp_path: Path, postgres: Settings
) -> None:
    gate = Gate(tmp_path / ".s.PGSQL.5432", embedded_urls.postgres_socket(postgres.home))
    url = app_url(postgres).replace(str(postgres.home / "run").replace("/", "%2F"), str(tmp_path).replace("/", "%2F"))
    behind = composed(home=tmp_path / "home", database_url=SecretStr(url), store_url=f"file://{tmp_path}/store")
    with pytest.raises(MigrationFailed, match="cannot be reached"):
        await backed_up(behind, tmp_path / "backups")
    await gate.open()

    def shut(what: str, done: int, total: int) -> None:
        if what == "Table audit.entries":
            closing.append(asyncio.ensure_future(gate.close()))

    closing: list[asyncio.Future[None]] = []
    folder = BackupFolder.open(tmp_path / "backups")
    try:
        with pytest.raises((BackupError, asyncpg.InterfaceError)):
            await back_up(behind, folder, shut)
    finally:
        await asyncio.gather(*closing)
    assert folder.names() == []


async def test_a_record_that_leaves_the_spool_meanwhile_is_in_the_database_by_then(
    services: Services, tmp_path: Path
) -> None:
    record = await spooled(services)
    folder, made = await backed_up(services, tmp_path / "backups")
    assert f"spool/{record.id}.json" in made.manifest.files
    assert folder.blobs.holds(record.said["addresses"][0])
    services.spool.done(record)
    later = await back_up(services, folder, silent)
    assert f"spool/{record.id}.json" not in later.manifest.files


DYING = """
import asyncio, os, signal, sys
from pathlib import Path
from data.acting import Actor, act_as
from data.backup_folder import BackupFolder
from data.settings import Settings
from workers.backing_up import back_up
from workers.composition import compose

place = sys.argv[2]
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
class Dying(BackupFolder):
    def finish(self, folder, manifest):
        die() if place == "last" else super().finish(folder, manifest)
act_as(Actor("system:backup"))
asyncio.run(back_up(compose(Settings()), Dying.make(Path(sys.argv[1])),
                    lambda what, done, total: die() if what == place else None))
"""


async def test_killed_anywhere_it_leaves_no_backup_and_is_gone_on_with(services: Services, tmp_path: Path) -> None:
    await take_in(services, 3)
    settings = services.settings
    variables = {
        "MARKSIGHT_HOME": str(settings.home),
        "MARKSIGHT_STORE_URL": str(settings.store_url),
        "MARKSIGHT_DATABASE_URL": app_url(settings),
    }
    for place, copied_then in (("Table results", 3), ("Pictures", 0), ("last", 0)):
        root = tmp_path / place
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", DYING, str(root), place), env={**os.environ, **variables}
        )
        assert await child.wait() == -signal.SIGKILL
        folder = BackupFolder.open(root)
        assert folder.names() == [], place
        made = await back_up(services, folder, silent)
        assert made.copied == copied_then, "what was copied before it was killed is not again"
        assert check(folder, made.name, silent).holds
        assert not [*root.rglob(".unfinished*"), *root.rglob("incoming/*")]


TAMPERED: dict[str, tuple[Callable[[BackupFolder, str], Path], Callable[[Path], object]]] = {
    "a changed picture": (lambda folder, _: picture_in(folder), lambda path: path.write_bytes(flipped(path))),
    "a missing picture": (lambda folder, _: picture_in(folder), Path.unlink),
    "a changed table": (
        lambda folder, name: file_in(folder, name, "public.units"),
        lambda path: path.write_bytes(flipped(path)),
    ),
    "a missing table": (lambda folder, name: file_in(folder, name, "audit.heads"), Path.unlink),
    "a shorter list": (lambda folder, name: file_in(folder, name, "blobs.txt"), lambda path: path.write_bytes(b"")),
    "a manifest cut short": (
        lambda folder, name: file_in(folder, name, "manifest"),
        lambda path: path.write_bytes(path.read_bytes()[:-9]),
    ),
}


def flipped(path: Path) -> bytes:
    data = path.read_bytes()
    return data[:-1] + bytes([data[-1] ^ 1])


def picture_in(folder: BackupFolder) -> Path:
    return folder.blobs.path(next(folder.blobs.addresses()))


def file_in(folder: BackupFolder, name: str, begins: str) -> Path:
    (found,) = (folder.root / "backups" / name).glob(f"{begins}*")
    return found


async def test_each_thing_that_is_tampered_with_is_named(services: Services, tmp_path: Path) -> None:
    await take_in(services, 2)
    folder, made = await backed_up(services, tmp_path / "backups")
    for what, (find, tamper) in TAMPERED.items():
        path = find(folder, made.name)
        before = path.read_bytes()
        tamper(path)
        found = check(folder, made.name, silent)
        assert len(found.faults) == 1, what
        named = made.name if path.name == "manifest.json" else str(path)
        assert named in found.faults[0], what
        path.write_bytes(before)
    assert check(folder, made.name, silent).holds


async def test_the_manifest_says_what_it_is_of(services: Services, tmp_path: Path) -> None:
    await take_in(services, 1)
    folder, made = await backed_up(services, tmp_path / "backups")
    document = json.loads((folder.root / "backups" / made.name / "manifest.json").read_bytes())
    assert (document["origin"]["database"], document["format"]) == ("marksight", 1)
    assert document["origin"]["server"].startswith("18")
    assert len(document["origin"]["system"]) > 10
    assert document["months"]
