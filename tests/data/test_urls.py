"""Which services a process uses: those that are set, else the embedded ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data import embedded_urls, urls
from data.errors import DataError
from data.settings import Settings


def settings(home: Path, **values: Any) -> Settings:
    unset = {"database_url": None, "owner_url": None, "redis_url": None, "store_url": None}
    return Settings(home=home, **{**unset, **values})


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    for role in (embedded_urls.APP_ROLE, embedded_urls.OWNER_ROLE, "redis"):
        path = embedded_urls.password_file(tmp_path, role)
        path.parent.mkdir(exist_ok=True)
        path.write_text("p/w\n", encoding="utf-8")
    return tmp_path


def test_unset_means_the_embedded_services(secrets: Path) -> None:
    found = settings(secrets)
    assert urls.app_url(found) == embedded_urls.database_url(secrets)
    assert urls.owner_url(found) == embedded_urls.owner_url(secrets)
    assert urls.redis_url(found) == embedded_urls.redis_url(secrets)
    assert urls.store_url(found) == f"file://{secrets}/store"
    assert urls.app_role(found) == embedded_urls.APP_ROLE


def test_what_is_set_is_taken(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        database_url="postgresql://plant_app:x@db/ms",
        owner_url="postgresql://plant:y@db/ms",
        redis_url="rediss://queue",
        store_url="s3://pictures",
    )
    assert urls.app_url(found) == "postgresql://plant_app:x@db/ms"
    assert urls.owner_url(found) == "postgresql://plant:y@db/ms"
    assert urls.redis_url(found) == "rediss://queue"
    assert urls.store_url(found) == "s3://pictures"
    assert urls.app_role(found) == "plant_app"


def test_an_outside_database_needs_its_owner_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="MARKSIGHT_OWNER_URL"):
        urls.owner_url(settings(tmp_path, database_url="postgresql://app@db/ms"))


def test_embedded_services_that_were_never_set_up_are_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        urls.app_url(settings(tmp_path))
