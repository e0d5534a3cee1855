"""The embedded PostgreSQL, the real one."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import asyncpg
import pytest

from data import embedded_urls
from workers.child import Child
from workers.embedded import home as state_folder
from workers.embedded import postgres
from workers.embedded.service_user import service_user
from workers.errors import AlreadyRunning, ChildFailed, ClusterMismatch, HomeUnusable


async def _value(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("SELECT current_setting('server_version_num')::int / 10000", 18),
        ("SELECT current_user::text", "marksight_app"),
        ("SELECT current_database()::text", "marksight"),
        ("SELECT '[1,2]'::vector <-> '[1,4]'::vector", 2.0),
        ("SELECT current_setting('listen_addresses')", ""),
        ("SELECT current_setting('timezone')", "UTC"),
        ("SELECT current_setting('data_checksums')", "on"),
        ("SELECT count(*) FROM pg_database WHERE pg_get_userbyid(datdba) = current_user", 0),
        ("SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = current_user", False),
        ("SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = 'marksight_owner'", False),
        ("SELECT has_schema_privilege('public', 'CREATE')", False),
        ("SELECT pg_encoding_to_char(encoding)::text FROM pg_database WHERE datname = 'marksight'", "UTF8"),
    ],
)
async def test_the_application_meets(empty_postgres: Path, question: str, answer: object) -> None:
    assert await _value(embedded_urls.database_url(empty_postgres), question) == answer


async def test_nothing_tells_it_not_to_wait_for_the_disk(empty_postgres: Path) -> None:
    told = await _value(  # the last file is the tests' own, which do not wait
        embedded_urls.postgres_url(empty_postgres, embedded_urls.SUPERUSER),
        "SELECT array_agg(name) FROM pg_file_settings WHERE sourcefile NOT LIKE '%/postgresql.auto.conf'",
    )
    assert isinstance(told, list)
    assert {*told} >= {"max_wal_size"}
    assert {*told, *postgres.SETTINGS}.isdisjoint({"fsync", "synchronous_commit", "full_page_writes"})


async def test_the_owner_may_make_tables(empty_postgres: Path) -> None:
    connection = await asyncpg.connect(embedded_urls.owner_url(empty_postgres))
    await connection.execute("CREATE TABLE probe (id int)")
    owner = await connection.fetchval("SELECT tableowner::text FROM pg_tables WHERE tablename = 'probe'")
    await connection.execute("DROP TABLE probe")
    assert owner == embedded_urls.OWNER_ROLE
    assert await connection.fetchval("SELECT to_regclass('probe')") is None
    await connection.close()


@pytest.mark.parametrize("role", ["marksight_app", "marksight_owner", "postgres"])
async def test_nobody_enters_with_a_wrong_password(empty_postgres: Path, role: str) -> None:
    url = f"postgresql://{role}:wrong@/marksight?host={embedded_urls.run_folder(empty_postgres)}"
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url)


def test_no_password_stands_in_the_arguments(empty_postgres: Path) -> None:
    pid = (empty_postgres / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0]
    arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
    assert b"postgres" in arguments
    for role in state_folder.PASSWORDS:
        assert embedded_urls.password_file(empty_postgres, role).read_bytes().strip() not in arguments


async def test_preparing_again_keeps_data_and_passwords(empty_postgres: Path) -> None:
    before = embedded_urls.owner_url(empty_postgres)
    state_folder.prepare(empty_postgres, service_user())
    assert embedded_urls.owner_url(empty_postgres) == before


async def test_a_server_that_runs_on_the_cluster_is_not_disturbed(
    empty_postgres: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "ORPHAN_PATIENCE_S", 0.1)
    with pytest.raises(AlreadyRunning, match="kill -INT"):
        await postgres.prepare(empty_postgres, service_user())
    assert await postgres.answers(empty_postgres)


@pytest.fixture(scope="module")
async def stopped(tmp_path_factory: pytest.TempPathFactory, empty_postgres: Path) -> Path:
    """A cluster of its own that does not run."""
    folder = empty_postgres / "second"
    state_folder.prepare(folder, service_user())
    await postgres.prepare(folder, service_user())
    return folder


async def _starts(home: Path) -> None:
    await postgres.prepare(home, service_user())
    child = Child(postgres.program(home, service_user()))
    await child.start()
    try:
        await child.until_ready()
        assert await _value(embedded_urls.database_url(home), "SELECT current_user::text") == embedded_urls.APP_ROLE
    finally:
        await child.stop()
    assert child.returncode == 0


STALE = {
    "process gone": str(2**22 - 1),
    "number of a process of ours": str(os.getpid()),
    "number of the first process": "1",
    "rubbish": "not a number",
    "empty": "",
}


@pytest.mark.parametrize("pid", STALE.values(), ids=STALE.keys())
async def test_a_stale_pid_file_does_not_keep_it_from_starting(stopped: Path, pid: str) -> None:
    (stopped / "postgres" / "postmaster.pid").write_text(f"{pid}\n{stopped / 'postgres'}\n")
    await _starts(stopped)


@pytest.mark.parametrize("name", ["two words", "prüfplatz", '"quoted"', "it's 100%"])
async def test_an_odd_path_is_no_trouble(stopped: Path, name: str) -> None:
    folder = stopped / name
    state_folder.prepare(folder, service_user())
    await _starts(folder)


async def test_an_interrupted_first_start_is_begun_anew(stopped: Path) -> None:
    folder = stopped / "third"
    state_folder.prepare(folder, service_user())
    (folder / "postgres.new" / "base").mkdir(parents=True)
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    (folder / "postgres.new.password").write_text("left behind")
    await _starts(folder)
    assert not (folder / "postgres.new").exists()
    assert not (folder / "postgres.new.password").exists()


async def test_a_cancelled_first_start_leaves_no_cluster(stopped: Path) -> None:
    folder = stopped / "fourth"
    state_folder.prepare(folder, service_user())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(postgres.prepare(folder, service_user()), 0.05)
    assert not (folder / "postgres").exists()
    await _starts(folder)


async def test_another_major_version_is_refused_with_a_way_out(stopped: Path) -> None:
    version = stopped / "postgres" / "PG_VERSION"
    before = version.read_text()
    version.write_text("17\n")
    with pytest.raises(ClusterMismatch, match=r"PostgreSQL 17, this is 18; .*MARKSIGHT_DATABASE_URL"):
        await postgres.prepare(stopped, service_user())
    version.write_text(before)


async def test_a_folder_that_holds_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(HomeUnusable, match="move it away"):
        await postgres.prepare(tmp_path, service_user())


async def test_a_cluster_that_cannot_start_is_explained_by_its_own_words(stopped: Path) -> None:
    configuration = stopped / "postgres" / "postgresql.auto.conf"
    configuration.write_text("max_wal_size = nonsense\n")
    child = Child(postgres.program(stopped, service_user()))
    await child.start()
    with pytest.raises(ChildFailed, match="max_wal_size"):
        await child.until_ready()
    configuration.write_text("")
