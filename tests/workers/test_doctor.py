"""The doctor finds what is wrong, on the real things made wrong."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr
from redis import asyncio as redis

from core.ids import uuid7_floor
from data import embedded_urls
from data.settings import Settings
from tests.data.rows import add_inspection
from tests.workers.programs import python
from workers import check_machine, check_reading, check_services, doctor, heartbeat, status
from workers.check_database import check_database
from workers.composition import Services
from workers.embedded import home as state_folder
from workers.embedded.service_user import service_user
from workers.finding import Finding


def grades(findings: list[Finding]) -> dict[str, str]:
    """The gravest grade under each name."""
    order = ("ok", "note", "wrong")
    found: dict[str, str] = {}
    for finding in findings:
        found[finding.name] = max(found.get(finding.name, "ok"), finding.grade, key=order.index)
    return found


@pytest.fixture
def folder() -> Iterator[Path]:
    """A path for a state folder that everybody may reach."""
    parent = Path(tempfile.mkdtemp(prefix="ms-", dir="/tmp"))
    parent.chmod(0o711)
    yield parent / "home"
    shutil.rmtree(parent)


@pytest.fixture
def fresh(folder: Path) -> Settings:
    """Settings of somebody who has just installed."""
    return Settings(home=folder, port=0, database_url=None, owner_url=None, redis_url=None, store_url=None)


async def test_before_the_first_start_nothing_is_wrong(fresh: Settings) -> None:
    findings = [finding async for finding in doctor.examine(fresh)]
    assert [finding for finding in findings if finding.grade == "wrong"] == []
    assert grades(findings)["sample inspection"] == "ok"
    assert not fresh.home.exists()


async def test_with_everything_there_all_is_well(emptied: None, services: Services) -> None:
    connection = services.queue.connection
    heartbeat.beat(connection, heartbeat.first("relay", "relay"))
    heartbeat.beat(connection, heartbeat.first("worker", "w"))
    findings = [finding async for finding in doctor.examine(services.settings)]
    assert [finding for finding in findings if finding.grade != "ok"] == []
    assert set(grades(findings)) >= {"schema", "rights", "owner", "pgvector", "clock", "relay", "worker", "image store"}


async def test_no_finding_holds_a_password(emptied: None, services: Services) -> None:
    text = str([finding async for finding in doctor.examine(services.settings)])
    assert "image store" in text
    for role in state_folder.PASSWORDS:
        assert embedded_urls.password_file(services.settings.home, role).read_text().strip() not in text


MISSPELT = {
    "MARKSIGHT_PROT": "did you mean MARKSIGHT_PORT?",
    "MARKSIGHT_DATABSE_URL": "did you mean MARKSIGHT_DATABASE_URL?",
    "MARKSIGHT_ZZZZZZZZ": "docs/configuration.md",
}


@pytest.mark.parametrize(("name", "mend"), MISSPELT.items())
async def test_a_misspelt_variable_is_found(
    name: str, mend: str, fresh: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "1")
    (finding,) = await check_machine.check_settings(fresh)
    assert finding.grade == "wrong"
    assert name in finding.found
    assert mend in finding.mend


async def test_a_misspelt_name_in_the_file_is_found(
    fresh: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("MARKSIGHT_WORKER=3\nOTHER=1\n")
    monkeypatch.chdir(tmp_path)
    (finding,) = await check_machine.check_settings(fresh)
    assert "MARKSIGHT_WORKER is" in finding.found


async def test_a_password_that_others_can_read_is_found(fresh: Settings) -> None:
    state_folder.prepare(fresh.home, service_user())
    file = embedded_urls.password_file(fresh.home, "redis")
    file.chmod(0o644)
    (finding,) = await check_machine.check_home(fresh)
    assert (finding.grade, finding.mend) == ("wrong", f"chmod 600 {file}")


async def test_a_path_too_long_is_found(fresh: Settings) -> None:
    long = fresh.home / ("x" * 100)
    long.mkdir(parents=True)
    (finding,) = await check_machine.check_home(fresh.model_copy(update={"home": long}))
    assert finding.grade == "wrong"
    assert "too long" in finding.found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as another user")
async def test_a_folder_the_service_user_cannot_reach_is_found(fresh: Settings) -> None:
    fresh.home.mkdir(mode=0o700)
    (finding,) = await check_machine.check_home(fresh)
    assert finding.grade == "wrong"
    assert "chmod o+x" in finding.mend


@pytest.mark.parametrize(("free", "grade"), [(2**28, "wrong"), (2**31, "note"), (2**40, "ok")])
async def test_little_room_is_found(free: int, grade: str, fresh: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        pass

    Usage.free = free  # type: ignore[attr-defined]
    monkeypatch.setattr(check_machine.shutil, "disk_usage", lambda path: Usage)
    (finding,) = await check_machine.check_space(fresh)
    assert finding.grade == grade


async def test_a_taken_port_is_found(fresh: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (finding,) = await check_machine.check_port(fresh.model_copy(update={"port": port}))
    assert finding.grade == "wrong"
    assert f"MARKSIGHT_PORT={port + 1}" in finding.mend


async def test_a_page_server_that_does_not_answer_is_found(fresh: Settings) -> None:
    fresh.home.mkdir()
    status.write(fresh.home, status.SupervisorStatus(os.getpid(), "http://127.0.0.1:1", ()))
    (finding,) = await check_machine.check_port(fresh)
    assert (finding.name, finding.grade) == ("page server", "wrong")


@asynccontextmanager
async def changed(settings: Settings, before: str, after: str) -> AsyncIterator[None]:
    """The database with something wrong in it, for a while."""
    superuser = await asyncpg.connect(embedded_urls.postgres_url(settings.home, embedded_urls.SUPERUSER))
    await superuser.execute(before)
    try:
        yield
    finally:
        await superuser.execute(after)
        await superuser.close()


DATABASE_FAULTS = {
    "superuser": (
        "ALTER ROLE marksight_app SUPERUSER",
        "ALTER ROLE marksight_app NOSUPERUSER",
        "rights",
        "wrong",
        "NOSUPERUSER",
    ),
    "owns a table": (
        "CREATE TABLE probe (a int); ALTER TABLE probe OWNER TO marksight_app",
        "DROP TABLE probe",
        "rights",
        "wrong",
        "REASSIGN OWNED",
    ),
    "another revision": (
        "UPDATE alembic_version SET version_num = '9999'",
        "UPDATE alembic_version SET version_num = '{head}'",
        "schema",
        "wrong",
        "marksight migrate",
    ),
    "never migrated": (
        "ALTER TABLE alembic_version RENAME TO gone",
        "ALTER TABLE gone RENAME TO alembic_version",
        "schema",
        "wrong",
        "marksight migrate",
    ),
    "no pgvector": (
        "ALTER EXTENSION vector SET SCHEMA pg_catalog; UPDATE pg_extension SET extname = 'v' WHERE extname = 'vector'",
        "UPDATE pg_extension SET extname = 'vector' WHERE extname = 'v'; ALTER EXTENSION vector SET SCHEMA public",
        "pgvector",
        "note",
        "CREATE EXTENSION vector",
    ),
    "no rights to migrate": (
        "ALTER SCHEMA public OWNER TO postgres",
        "ALTER SCHEMA public OWNER TO pg_database_owner",
        "owner",
        "wrong",
        "GRANT CREATE",
    ),
}


@pytest.mark.usefixtures("emptied")
@pytest.mark.parametrize(
    ("before", "after", "name", "grade", "mend"), DATABASE_FAULTS.values(), ids=DATABASE_FAULTS.keys()
)
async def test_a_fault_of_the_database_is_found(
    postgres: Settings, before: str, after: str, name: str, grade: str, mend: str
) -> None:
    from data import migrate  # noqa: PLC0415

    async with changed(postgres, before, after.format(head=migrate.head())):
        findings = {finding.name: finding for finding in await check_database(postgres)}
    assert findings[name].grade == grade
    assert mend in findings[name].mend
    assert set(grades(await check_database(postgres)).values()) == {"ok"}


@pytest.mark.parametrize("name", ["database_url", "owner_url"])
async def test_a_wrong_password_is_found(postgres: Settings, name: str) -> None:
    url = getattr(postgres, name).get_secret_value()
    user = url.split("//")[1].split(":")[0]
    wrong = f"postgresql://{user}:hunter2@/marksight?{url.split('?')[1]}"
    findings = await check_database(postgres.model_copy(update={name: SecretStr(wrong)}))
    bad = [finding for finding in findings if finding.grade == "wrong"]
    assert len(bad) == 1
    assert f"MARKSIGHT_{name.upper()}" in bad[0].mend
    assert "hunter2" not in str(findings)


async def test_without_the_owners_url_that_is_noted(postgres: Settings) -> None:
    findings = await check_database(postgres.model_copy(update={"owner_url": None}))
    assert grades(findings)["owner"] == "note"


async def test_a_database_elsewhere_that_is_away_is_found(fresh: Settings) -> None:
    url = SecretStr("postgresql://a:b@127.0.0.1:1/x")
    findings = await check_database(fresh.model_copy(update={"database_url": url}))
    assert grades(findings)["database"] == "wrong"


async def test_a_bundled_database_that_should_run_and_does_not_is_found(fresh: Settings) -> None:
    state_folder.prepare(fresh.home, None)
    status.write(fresh.home, status.SupervisorStatus(os.getpid(), "", ()))
    assert grades(await check_database(fresh)) == {"database": "wrong", "owner": "wrong"}


async def test_redis_that_is_away_is_found(fresh: Settings) -> None:
    url = SecretStr("redis://127.0.0.1:1")
    (finding,) = await check_services.check_queue(fresh.model_copy(update={"redis_url": url}))
    assert (finding.grade, finding.mend) == ("wrong", "check MARKSIGHT_REDIS_URL")


async def test_a_redis_that_forgets_is_noted(services: Services, valkey: str) -> None:
    client = redis.Redis.from_url(valkey)
    await client.config_set("maxmemory-policy", "allkeys-lru")
    findings = await check_services.check_queue(services.settings)
    await client.config_set("maxmemory-policy", "noeviction")
    await client.aclose()
    assert any("allkeys-lru" in finding.found for finding in findings)


async def test_without_relay_and_workers_that_is_noted(emptied: None, services: Services) -> None:
    assert grades(await check_services.check_processes(services.settings)) == {"relay": "note", "worker": "note"}


async def test_a_store_that_takes_nothing_is_found(fresh: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    url = (tmp_path / "file" / "store").as_uri()
    (finding,) = await check_services.check_store(fresh.model_copy(update={"store_url": url}))
    assert finding.grade == "wrong"
    assert "MARKSIGHT_STORE_URL" in finding.mend


@pytest.mark.parametrize(("ahead_s", "grade"), [(0.0, "ok"), (60.0, "wrong"), (-60.0, "wrong")])
async def test_a_clock_that_is_off_is_found(
    ahead_s: float, grade: str, postgres: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = check_services.time.time
    monkeypatch.setattr(check_services, "time", type("Clock", (), {"time": staticmethod(lambda: real() + ahead_s)}))
    (finding,) = await check_services.check_clock(postgres)
    assert finding.grade == grade


async def test_a_damaged_model_is_found(fresh: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace  # noqa: PLC0415

    real = check_reading.models()
    name = next(iter(real))
    monkeypatch.setattr(check_reading, "models", lambda: {**real, name: replace(real[name], sha256="0" * 64)})
    (finding,) = await check_reading.check_models(fresh)
    assert finding.grade == "wrong"
    assert name in finding.found


async def test_a_check_that_fails_is_a_finding_and_no_end(fresh: Settings) -> None:
    async def broken(_: Settings) -> list[Finding]:
        raise RuntimeError("a fault of ours")

    async def fine(_: Settings) -> list[Finding]:
        return [Finding("fine", "ok", "well")]

    findings = [finding async for finding in doctor.examine(fresh, {"broken": broken, "fine": fine})]
    assert [(finding.name, finding.grade) for finding in findings] == [("broken", "wrong"), ("fine", "ok")]
    assert "a fault of ours" in findings[0].found


async def test_a_check_that_hangs_is_a_finding(fresh: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CHECK_S", 0.01)

    async def hangs(_: Settings) -> list[Finding]:
        await asyncio.sleep(600)
        return []

    (finding,) = [finding async for finding in doctor.examine(fresh, {"slow": hangs})]
    assert (finding.name, finding.grade) == ("slow", "wrong")


@pytest.mark.parametrize(
    ("variables", "code", "healthy"), [({}, 0, True), ({"MARKSIGHT_PROT": "1"}, 1, False)], ids=["well", "wrong"]
)
async def test_the_command_prints_json_and_its_exit_code_tells(
    variables: dict[str, str], code: int, healthy: bool, folder: Path
) -> None:
    program = python(
        "from dashboard.cli import main; main(['doctor', '--json'])",
        environment={"MARKSIGHT_HOME": str(folder), "MARKSIGHT_PORT": "0", **variables},
    )
    from workers.child import Child  # noqa: PLC0415

    lines: list[str] = []
    child = Child(program, lines.append)
    await child.start()
    assert await child.wait() == code
    document = json.loads("\n".join(lines))
    assert document["healthy"] is healthy
    assert {"name", "grade", "found", "mend"} == set(document["findings"][0])


async def test_rows_that_lie_in_no_month_are_counted(services: Services) -> None:
    async def found() -> Finding:
        return next(each for each in await check_database(services.settings) if each.name == "months")

    assert (await found()).grade == "ok"
    async with services.database.unit_of_work() as work:
        await add_inspection(work, uuid7_floor(datetime(2150, 1, 1, tzinfo=UTC)))
        await work.commit()
    months = await found()
    assert (months.grade, months.found) == (
        "note",
        "rows that lie in no month's partition: 1 of inspections, 1 of inspection_images",
    )
