"""The URLs of the embedded servers are read by those who will use them."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis.connection import parse_url
from sqlalchemy import make_url

from data import embedded_urls

SECRETS = {
    "plain": "abc-DEF_123",
    "punctuation": "a/b:c@d?e#f&g%h",
    "spaces around": " secret\n",
}
HOMES = {"plain": "home", "space and percent": "my home 100%", "umlaut": "prüfplatz", "question mark": "who?"}


@pytest.fixture(params=HOMES.values(), ids=HOMES.keys())
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder: Path = tmp_path / request.param
    (folder / "secrets").mkdir(parents=True)
    return folder


@pytest.fixture(params=SECRETS.values(), ids=SECRETS.keys())
def secret(request: pytest.FixtureRequest, home: Path) -> str:
    for role in (embedded_urls.APP_ROLE, embedded_urls.OWNER_ROLE, "redis"):
        embedded_urls.password_file(home, role).write_text(request.param, encoding="utf-8")
    return str(request.param).strip()


@pytest.mark.parametrize(
    ("make", "role"),
    [(embedded_urls.database_url, "marksight_app"), (embedded_urls.owner_url, "marksight_owner")],
    ids=["application", "owner"],
)
def test_sqlalchemy_reads_back_role_password_database_and_socket_folder(make, role, home: Path, secret: str) -> None:
    url = make_url(make(home))
    assert (url.username, url.password, url.database) == (role, secret, "marksight")
    assert url.query == {"host": str(home / "run")}
    assert url.host in (None, "")


def test_redis_reads_back_password_and_socket(home: Path, secret: str) -> None:
    arguments = parse_url(embedded_urls.redis_url(home))
    assert arguments["password"] == secret
    assert arguments["path"] == str(home / "run" / "valkey.sock")


@pytest.mark.parametrize("make", [embedded_urls.database_url, embedded_urls.owner_url, embedded_urls.redis_url])
def test_a_home_that_was_never_set_up_is_told_with_the_way_out(make, tmp_path: Path) -> None:
    with pytest.raises(embedded_urls.NeverStarted, match=r"never started in .* run marksight up"):
        make(tmp_path)


def test_sockets_lie_in_the_run_folder(tmp_path: Path) -> None:
    assert embedded_urls.postgres_socket(tmp_path) == tmp_path / "run" / ".s.PGSQL.5432"
    assert embedded_urls.redis_socket(tmp_path) == tmp_path / "run" / "valkey.sock"
