"""A station has one folder, apart from every other; a refusal is noted once, and taken back when the file comes in."""

from __future__ import annotations

import hashlib
from uuid import UUID

import pytest

from data.database import Database
from data.errors import FolderUnfit, NotFound
from data.queries import watched
from data.repositories.watched import Drop, Refusal

KEY = hashlib.sha256(b"a").digest()


async def station(database: Database, name: str = "aoi-3") -> UUID:
    async with database.unit_of_work() as work:
        made = await work.plant.add_station(name, line="line 1", site="plant")
        await work.commit()
    return made


async def set_folder(database: Database, station_id: UUID, drop: Drop, **apart_from: str) -> bool:
    async with database.unit_of_work() as work:
        new = await work.watched.set(station_id, drop, apart_from={path: what for what, path in apart_from.items()})
        await work.commit()
    return new


async def folders(database: Database) -> dict[str, Drop]:
    async with database.session() as session:
        return {watch.station: watch.drop for watch in await watched.watches(session)}


async def test_a_station_has_the_folder_that_was_named_last(database: Database) -> None:
    own, other = await station(database), await station(database, "aoi-4")
    assert await set_folder(database, own, Drop("/drops/a", "{lot}_{serial}", "74LS00", 5.0))
    assert await folders(database) == {"aoi-3": Drop("/drops/a", "{lot}_{serial}", "74LS00", 5.0)}
    assert not await set_folder(database, own, Drop("/drops/a"))
    assert await folders(database) == {"aoi-3": Drop("/drops/a")}
    assert await set_folder(database, other, Drop("/drops/b"))


async def test_a_folder_rests_and_is_watched_again_and_no_more(database: Database) -> None:
    own = await station(database)
    await set_folder(database, own, Drop("/drops/a"))
    for active in (False, True):
        async with database.unit_of_work() as work:
            assert await work.watched.pause(own, active=active)
            await work.commit()
        assert (await folders(database))["aoi-3"].active is active
    async with database.unit_of_work() as work:
        assert await work.watched.remove(own)
        assert not await work.watched.remove(own)
        assert not await work.watched.pause(own, active=False)
        await work.commit()
    assert await folders(database) == {}
    async with database.session() as session:
        with pytest.raises(NotFound):
            await watched.watch(session, own)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("drops/a", id="not absolute"),
        pytest.param("", id="empty"),
        pytest.param("/drops/../etc", id="upwards"),
        pytest.param("//drops/b", id="another's with two slashes"),
        pytest.param("/drops/b", id="another station's"),
        pytest.param("/drops/b/inner", id="within another station's"),
        pytest.param("/drops", id="around another station's"),
        pytest.param("/state/store", id="within what is kept"),
        pytest.param("/", id="around everything"),
    ],
)
async def test_a_folder_that_is_not_apart_is_refused(database: Database, path: str) -> None:
    own, other = await station(database), await station(database, "aoi-4")
    await set_folder(database, other, Drop("/drops/b"))
    with pytest.raises(FolderUnfit):
        await set_folder(database, own, Drop(path), state="/state")
    assert set(await folders(database)) == {"aoi-4"}


async def test_a_folder_whose_name_only_begins_like_another_is_apart(database: Database) -> None:
    own, other = await station(database), await station(database, "aoi-4")
    await set_folder(database, other, Drop("/drops/b"))
    await set_folder(database, own, Drop("/drops/b2"), state="/dro")
    assert set(await folders(database)) == {"aoi-3", "aoi-4"}


@pytest.mark.parametrize("settle_s", [0.0, -1.0, float("nan")])
def test_a_file_settles_in_some_time(settle_s: float) -> None:
    with pytest.raises(ValueError, match="settle_s"):
        Drop("/drops/a", settle_s=settle_s)


async def test_a_refusal_is_noted_once_and_taken_back(database: Database) -> None:
    own = await station(database)
    refusal = Refusal(KEY, own, "a.png", "not-an-image", "No picture.")
    for fresh in (True, False):
        async with database.unit_of_work() as work:
            assert await work.watched.refuse(refusal) is fresh
            await work.commit()
    async with database.session() as session:
        assert [(file.name, file.code) for file in await watched.refused(session, own)] == [("a.png", "not-an-image")]
    async with database.unit_of_work() as work:
        await work.watched.take_back(KEY)
        await work.commit()
    async with database.session() as session:
        assert await watched.refused(session, own) == ()
