"""URLs of the database are read once, by the driver; what they name is there; and none is ever shown."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from data.dsn import connect, dsn, engine_at, user_of
from data.errors import DataError
from data.settings import Settings
from data.urls import app_url

SPELLINGS = {
    "as psql takes it": ("postgresql://u:p@h:5433/d", "postgresql://u:p@h:5433/d"),
    "short": ("postgres://u:p@h/d", "postgresql://u:p@h/d"),
    "of SQLAlchemy": ("postgresql+psycopg://u:p@h/d", "postgresql://u:p@h/d"),
    "through a socket": ("postgresql://u:p@/d?host=%2Frun%2Fms", "postgresql://u:p@/d?host=%2Frun%2Fms"),
    "several hosts": ("postgresql://u@a:1,b:2/d", "postgresql://u@a:1,b:2/d"),
    "another word for TLS": ("postgresql://h/d?ssl=verify-full", "postgresql://h/d?sslmode=verify-full"),
    "of TLS": ("postgresql://h/d?sslmode=require", "postgresql://h/d?sslmode=require"),
    "of the session": ("postgresql://h/d?application_name=a%20b", "postgresql://h/d?application_name=a+b"),
    "a hard password": ("postgresql://u:%40%2F%3A@h/d", "postgresql://u:%40%2F%3A@h/d"),
}


@pytest.mark.parametrize(("url", "read"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_every_spelling_becomes_the_drivers(url: str, read: str) -> None:
    assert dsn(url) == read
    assert dsn(read) == read


USERS = {
    "named": ("postgresql://ada:p@h/d", "ada"),
    "with odd letters": ("postgresql://a%40b:p@h/d", "a@b"),
    "behind": ("postgresql://h/d?user=ada", "ada"),
    "not named": ("postgresql://h/d", None),
}


@pytest.mark.parametrize(("url", "user"), USERS.values(), ids=USERS.keys())
def test_the_role_is_known(url: str, user: str | None) -> None:
    assert user_of(url) == user


@pytest.mark.parametrize("url", ["mysql://u:hunter2@h/d", "sqlite:///hunter2"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(DataError, match="Only PostgreSQL") as refusal:
        dsn(url)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("url", ["hunter2", "", "postgresql:hunter2"])
def test_a_url_that_is_none_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(DataError, match="the one set is none") as refusal:
        dsn(url)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("name", ["sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile"])
def test_a_file_that_is_not_there_is_named(name: str, tmp_path: Path) -> None:
    url = f"postgresql://u:hunter2@h/d?{name}={quote(str(tmp_path / 'gone.crt'), safe='')}"
    with pytest.raises(DataError, match=rf"{name} .*gone\.crt.*no such file") as refusal:
        dsn(url)
    assert "hunter2" not in str(refusal.value)
    (tmp_path / "gone.crt").touch()
    assert name in dsn(url)


def test_an_engine_shows_no_password() -> None:
    engine = engine_at("postgresql://u:hunter2@h/d")
    assert "hunter2" not in repr(engine) + str(engine.url)


async def test_what_the_url_says_of_a_session_holds_for_both_ways_to_connect(postgres: Settings) -> None:
    url = f"{app_url(postgres)}&application_name=a%20b&work_mem=1234kB"
    connection = await connect(url)
    assert await connection.fetchval("SHOW work_mem") == "1234kB"
    await connection.close()
    engine = engine_at(url, connect_args={"server_settings": {"timezone": "Asia/Tokyo"}})
    async with engine.connect() as session:
        assert await session.scalar(text("SHOW work_mem")) == "1234kB"
        assert await session.scalar(text("SHOW application_name")) == "a b"
        assert await session.scalar(text("SHOW timezone")) == "Asia/Tokyo"
    await engine.dispose()
