"""Marksight on a factory's own services: PostgreSQL over TLS with roles made by hand, and Redis with a password."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import asyncpg
import httpx
import pytest

from data import dsn, migrate
from data.settings import Settings
from tests.compose_file import SERVICES
from tests.conftest import ROOT
from tests.outside import commands
from tests.outside.authority import Authority
from tests.outside.commands import PageServer
from tests.outside.database_server import APP, OWNER, PASSWORDS, SUPERUSER, DatabaseServer, debians
from tests.outside.queue_server import queue_server
from workers.check_database import check_database
from workers.check_services import check_queue
from workers.claim import free_port
from workers.embedded import binaries

SAMPLE = ROOT / "data" / "assets" / "samples" / "mc74hc32an-clean-1.jpg"
PATIENCE_S = 60


@dataclass
class Plant:
    """The services of a plant, and the variables by which the program is told of them."""

    database: DatabaseServer
    authority: Authority
    variables: dict[str, str] = field(default_factory=dict)

    def url(self, role: str, **changes: str) -> str:
        """Return a role's URL, encrypted and verified unless it is said otherwise."""
        password = changes.pop("password", None)
        trust = {"sslmode": "verify-full", "sslrootcert": str(self.authority.certificate)}
        query = {name: value for name, value in (trust | changes).items() if value}
        return self.database.url(role, password=password, **query)


@pytest.fixture(scope="module")
async def plant(folder: Path) -> AsyncIterator[Plant]:
    """Database and queue, as their administrators make them, and the schema, as its owner does."""
    authority = Authority(folder)
    database = DatabaseServer(folder / "database", free_port("127.0.0.1", 0), debians(), authority.signs("localhost"))
    await database.make()
    async with AsyncExitStack() as stack:
        await database.start()
        stack.push_async_callback(database.stop)
        plant = Plant(database, authority)
        await database.make_roles(sslmode="verify-full", sslrootcert=str(authority.certificate))
        queue = await stack.enter_async_context(queue_server(folder / "queue", "--appendonly", "yes"))
        plant.variables = {
            "MARKSIGHT_HOME": str(folder / "home"),
            "MARKSIGHT_DATABASE_URL": plant.url(APP),
            "MARKSIGHT_REDIS_URL": queue,
            "MARKSIGHT_STORE_URL": (folder / "store").as_uri(),
            "MARKSIGHT_SINGLE_USER": "true",
        }
        migrated = await commands.run({**plant.variables, "MARKSIGHT_OWNER_URL": plant.url(OWNER)}, "migrate")
        assert migrated.code == 0, migrated.text
        yield plant


@pytest.fixture(scope="module")
async def server(plant: Plant) -> AsyncIterator[PageServer]:
    """Server, relay and worker, each a process of its own that knows the application's role alone."""
    async with AsyncExitStack() as stack:
        for command in ("relay", "worker"):
            await stack.enter_async_context(commands.running(plant.variables, command))
        yield await stack.enter_async_context(PageServer(plant.variables, ("--api-only",)).running())


@pytest.fixture
async def client(server: PageServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as client:
        yield client


async def post(client: httpx.AsyncClient, query: str = "?wait_ms=30000") -> httpx.Response:
    return await client.post(f"/v1/inspections{query}", files={"image": SAMPLE.read_bytes()})


async def doctors(variables: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """Return what `marksight doctor` finds, by name."""
    said = await commands.run(variables, "doctor", "--json")
    found: dict[str, list[dict[str, str]]] = {}
    for finding in json.loads(said.text)["findings"]:
        found.setdefault(finding["name"], []).append(finding)
    return found


async def test_a_picture_becomes_a_verdict_and_the_trail_of_it_verifies(
    client: httpx.AsyncClient, plant: Plant
) -> None:
    inspection = (await post(client)).json()
    assert inspection["state"] == "done", inspection
    assert "MC74HC32AN" in json.dumps(inspection)
    verified = await commands.run(plant.variables, "audit", "verify", "--json")
    assert verified.code == 0, verified.text


async def test_every_connection_of_the_program_is_encrypted(client: httpx.AsyncClient, plant: Plant) -> None:
    await client.get("/v1/inspections")
    connection = await dsn.connect(plant.url(SUPERUSER))
    rows = await connection.fetch(
        "SELECT ssl, count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = $1 GROUP BY ssl", APP
    )
    await connection.close()
    assert [row["ssl"] for row in rows] == [True]
    assert rows[0]["count"] > 3, "server, relay and worker, and what listens"


async def test_the_doctor_finds_nothing_wrong(client: httpx.AsyncClient, plant: Plant) -> None:
    found = await doctors({**plant.variables, "MARKSIGHT_OWNER_URL": plant.url(OWNER)})
    wrong = {name: each for name, each in found.items() if any(one["grade"] == "wrong" for one in each)}
    assert wrong == {}
    assert {found[name][0]["grade"] for name in ("database", "schema", "rights", "owner", "queue", "worker")} == {"ok"}
    assert "PostgreSQL 15" in found["database"][0]["found"], "the oldest that is promised to do"
    assert "Redis 7" in found["queue"][0]["found"]


async def test_the_health_checks_of_compose_tell_what_runs(server: PageServer, plant: Plant) -> None:
    variables = {**plant.variables, "MARKSIGHT_PORT": str(server.port)}
    checks = {name: SERVICES[name]["healthcheck"]["test"] for name in ("server", "relay", "worker", "watch")}
    said = await asyncio.gather(*(commands.run(variables, *words[2:]) for words in checks.values()))
    assert [each.code for each in said] == [0, 0, 0, 1], said
    programs, environment = plant.database.programs, {**os.environ, "PGPORT": str(plant.database.port)}
    _, program, *words = SERVICES["postgres"]["healthcheck"]["test"]
    assert await (await asyncio.create_subprocess_exec(programs / program, *words, env=environment)).wait() == 0
    other = environment | {"PGPORT": "1"}
    assert await (await asyncio.create_subprocess_exec(programs / program, *words, env=other)).wait() != 0


MAY_NOT = {
    "make a table": (APP, "CREATE TABLE mine (a int)"),
    "make a schema": (APP, "CREATE SCHEMA mine"),
    "change a verdict": (APP, "UPDATE results SET verdict = verdict"),
    "remove an inspection": (APP, "DELETE FROM inspections"),
    "empty a table": (APP, "TRUNCATE outbox"),
    "write the audit trail": (APP, "DELETE FROM audit.entries"),
    "put a trigger out of force": (APP, "ALTER TABLE results DISABLE TRIGGER ALL"),
    "become the owner": (APP, f"SET ROLE {OWNER}"),
    "make a role": (APP, "CREATE ROLE mine"),
    "read files of the server": (APP, "SELECT pg_read_file('/etc/passwd')"),
    "as the owner, make a role": (OWNER, "CREATE ROLE mine"),
    "as the owner, make a database": (OWNER, "CREATE DATABASE mine"),
    "as the owner, run programs of the server": (OWNER, "COPY (SELECT 1) TO PROGRAM 'true'"),
    "as the owner, put triggers out of force unseen": (OWNER, "SET session_replication_role = replica"),
}


@pytest.mark.parametrize(("role", "statement"), MAY_NOT.values(), ids=MAY_NOT.keys())
async def test_the_roles_may_do_no_more_than_they_must(plant: Plant, role: str, statement: str) -> None:
    connection = await dsn.connect(plant.url(role))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_other_roles_of_the_server_do_not_come_in(plant: Plant) -> None:
    administrator = await dsn.connect(plant.url(SUPERUSER))
    await administrator.execute("CREATE ROLE stranger LOGIN PASSWORD 'x'")
    await administrator.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
        await dsn.connect(plant.url("stranger", password="x"))


REFUSED = {
    "a wrong password": ({"password": "hunter2"}, "password authentication failed", "check MARKSIGHT_DATABASE_URL"),
    "an unknown authority": ({"sslrootcert": "{other}"}, "CERTIFICATE_VERIFY_FAILED", "sslrootcert"),
    "no authority at all": ({"sslrootcert": ""}, "root certificate file", "let sslrootcert"),
    "a file that is not there": ({"sslrootcert": "{other}.gone"}, "no such file", "MARKSIGHT_DATABASE_URL"),
    "plain text": ({"sslmode": "disable", "sslrootcert": ""}, "no encryption", "sslmode=verify-full"),
    "another word for TLS": ({"sslmode": "perhaps"}, "sslmode", "MARKSIGHT_DATABASE_URL"),
}


@pytest.mark.parametrize(("changes", "found", "mend"), REFUSED.values(), ids=REFUSED.keys())
async def test_what_keeps_the_program_out_is_said(
    plant: Plant, folder: Path, changes: dict[str, str], found: str, mend: str
) -> None:
    other = Authority(folder, "other").certificate
    url = plant.url(APP, **{name: value.format(other=other) for name, value in changes.items()})
    (finding, _) = await check_database(Settings(home=folder, database_url=url, owner_url=None))  # type: ignore[arg-type]
    assert finding.grade == "wrong"
    assert found in finding.found
    assert mend in finding.mend
    assert "hunter2" not in str(finding)


@pytest.mark.parametrize(("host", "days"), [("localhost", -1), ("elsewhere", 1)], ids=["over", "of another host"])
async def test_a_certificate_that_does_not_hold_is_refused_by_every_command(plant: Plant, host: str, days: int) -> None:
    database, own = plant.database, plant.database.signed
    await database.stop()
    database.signed = plant.authority.signs(host, days=days)
    await database.start()
    try:
        said = await commands.run({**plant.variables, "MARKSIGHT_OWNER_URL": plant.url(OWNER)}, "migrate")
    finally:
        await database.stop()
        database.signed = own
        await database.start()
    assert said.code == 4
    assert "CERTIFICATE_VERIFY_FAILED" in said.text
    assert "Traceback" not in said.text


async def _is_judged(client: httpx.AsyncClient, address: str) -> bool:
    answer = await client.get(address)
    return answer.status_code == 200 and answer.json()["state"] == "done"


async def test_a_database_that_is_restarted_beneath_loses_nothing(client: httpx.AsyncClient, plant: Plant) -> None:
    await post(client)
    await plant.database.stop()
    try:
        answer = (await client.get("/ready")).json()
        parts = {part["name"]: part for part in answer["parts"]}
        assert parts["database"]["state"] == "away"
        taken = await post(client, "")
        assert taken.status_code == 202, taken.text
    finally:
        await plant.database.start()
    await commands.until(partial(_is_judged, client, taken.headers["location"]))
    verified = await commands.run(plant.variables, "audit", "verify")
    assert verified.code == 0, verified.text


FORGETFUL = {
    "throws keys away": (("--maxmemory-policy", "allkeys-lru", "--appendonly", "yes"), "may throw keys away"),
    "keeps nothing": (("--save", "", "--appendonly", "no"), "keeps nothing on disk"),
}


@pytest.mark.parametrize(("options", "found"), FORGETFUL.values(), ids=FORGETFUL.keys())
async def test_a_queue_that_forgets_is_noted(
    folder: Path, tmp_path: Path, options: tuple[str, ...], found: str
) -> None:
    async with queue_server(tmp_path / "queue", *options) as url:
        answers, *notes = await check_queue(Settings(home=folder, redis_url=url))  # type: ignore[arg-type]
        (wrong,) = await check_queue(Settings(home=folder, redis_url=url.replace("queue-secret", "hunter2")))  # type: ignore[arg-type]
    assert answers.grade == "ok"
    assert [found in note.found for note in notes] == [True]
    assert (wrong.grade, "hunter2" in str(wrong)) == ("wrong", False)
    assert "password" in wrong.found.lower()


async def by_the_images_script(database: DatabaseServer, folder: Path) -> str:
    """Make database and roles by the script that `compose.yaml` gives the image of PostgreSQL, as that runs it."""
    script = folder / "init.sh"
    text = (ROOT / "ops" / "postgres-init.sh").read_text("utf-8")
    script.write_text(text.replace("/usr/share/marksight", str(ROOT / "ops")), "utf-8")
    environment = {
        "PATH": f"{database.programs}:{os.environ['PATH']}",
        "PGHOST": "localhost",
        "PGPORT": str(database.port),
        "POSTGRES_USER": SUPERUSER,
        "PGPASSWORD": PASSWORDS[SUPERUSER],
        "OWNER_PASSWORD": PASSWORDS[OWNER],
        "APP_PASSWORD": PASSWORDS[APP],
    }
    process = await asyncio.create_subprocess_exec(
        *("sh", str(script)), env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def _holds(check: str, environment: dict[str, str]) -> bool:
    process = await asyncio.create_subprocess_shell(check, env=environment, stderr=asyncio.subprocess.DEVNULL)
    return await process.wait() == 0


async def test_the_queue_of_compose_runs_as_it_is_configured(tmp_path: Path) -> None:
    """Its command and its health check, word by word, with the bundled Valkey and the system's client."""
    port, data, secret = free_port("127.0.0.1", 0), tmp_path / "data", "letters-and-digits"
    data.mkdir()
    own = (ROOT / "ops" / "valkey.conf").read_text("utf-8")
    (tmp_path / "valkey.conf").write_text(own.replace("port 6379", f"port {port}").replace("dir /data", f"dir {data}"))
    (tmp_path / "valkey-server").symlink_to(binaries.valkey(tmp_path, None))
    (tmp_path / "valkey-cli").write_text(f'#!/bin/sh\nexec redis-cli -p {port} "$@"\n')
    (tmp_path / "valkey-cli").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "QUEUE_PASSWORD": secret}
    queue = SERVICES["queue"]
    check = queue["healthcheck"]["test"][1]
    command = [word.replace("/etc/marksight", str(tmp_path)) for word in queue["command"]]
    server = await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.DEVNULL)
    try:
        await commands.until(partial(_holds, check, environment))
        assert not await _holds(check, environment | {"QUEUE_PASSWORD": "another"})
        settings = Settings(home=tmp_path, redis_url=f"redis://:{secret}@127.0.0.1:{port}")  # type: ignore[arg-type]
        assert [finding.grade for finding in await check_queue(settings)] == ["ok"]
    finally:
        server.terminate()
        await server.wait()


async def test_the_bundled_programs_serve_over_the_network_too_and_have_pgvector(folder: Path) -> None:
    """The same statements on the newest PostgreSQL, which knows no TLS as it comes in its wheel."""
    install = binaries.postgres(folder, None)
    database = DatabaseServer(folder / "bundled", free_port("127.0.0.1", 0), install / "bin")
    await database.make()
    await database.start()
    try:
        assert "CREATE EXTENSION" in await by_the_images_script(database, folder)
        with pytest.raises(ConnectionError, match="rejected SSL upgrade"):
            await dsn.connect(database.url(APP, sslmode="require"))
        settings = Settings(home=folder, database_url=database.url(APP), owner_url=database.url(OWNER))  # type: ignore[arg-type]
        await asyncio.to_thread(migrate.upgrade, database.url(OWNER))
        assert {(each.name, each.grade) for each in await check_database(settings)} >= {
            *((name, "ok") for name in ("database", "schema", "rights", "owner", "pgvector"))
        }
    finally:
        await database.stop()
