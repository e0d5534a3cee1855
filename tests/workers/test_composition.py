"""One root composes what a process works with, and nothing is made before it is needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from core.errors import ReaderUnavailable
from data.settings import Settings
from data.store import key_of
from tests.workers.fakes import Reads, engines
from workers.composition import QUEUE, Services, compose, utc_now

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


def unused(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url=NOWHERE, redis_url="redis://127.0.0.1:1", store_url=None)


async def test_composing_touches_nothing(tmp_path: Path) -> None:
    services = compose(unused(tmp_path))
    await services.close()
    assert not (tmp_path / "home").exists()


async def test_engines_are_loaded_once_and_when_they_are_asked_for(tmp_path: Path) -> None:
    loaded = []

    def load() -> object:
        loaded.append(1)
        return engines(Reads())()

    services = compose(unused(tmp_path), load_engines=load)  # type: ignore[arg-type]
    assert not loaded
    assert services.engines is services.engines
    assert loaded == [1]
    await services.close()


async def test_the_store_lies_at_home_unless_it_is_said_elsewhere(tmp_path: Path) -> None:
    services = compose(unused(tmp_path))
    address = await services.store.put(b"x")
    assert (tmp_path / "home" / "store" / key_of(address)).is_file()
    await services.close()


async def test_everything_works_together(services: Services) -> None:
    async with services.database.session() as session:
        assert await session.scalar(text("SELECT current_user")) == "marksight_app"
    assert services.queue.name == QUEUE
    assert services.queue.count == 0
    assert services.image_limits.max_bytes == services.settings.max_image_bytes
    assert services.clock().tzinfo is not None


def test_embedded_services_that_were_never_set_up_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        compose(Settings(home=tmp_path, database_url=None))


def test_the_time_is_utc() -> None:
    assert utc_now().utcoffset() is not None
    assert str(utc_now().tzinfo) == "UTC"


async def test_a_reader_that_is_not_installed_is_missed_only_by_who_asks(services: Services) -> None:
    real = compose(services.settings)
    with pytest.raises(ReaderUnavailable, match="no reader named 'eyes'"):
        real.engines.reader("eyes")
    assert real.engines.reader("ppocr").name == "ppocr"
    await real.close()
