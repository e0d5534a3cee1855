"""A folder is watched only where nothing of ours lies, where it can be emptied, and by a rule and a recipe that are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import MarksightError, NamingInvalid
from data.errors import FolderUnfit, NotFound, NothingPublished
from data.queries.watched import watches
from data.repositories.watched import Drop
from tests.data.rows import recipe
from tests.workers.conftest import Composed
from workers.composition import Services
from workers.watched_folders import forget_folder, name_folder, rest_folder


@pytest.fixture
async def station(services: Services) -> str:
    async with services.database.unit_of_work() as work:
        await work.plant.add_station("aoi-3", line="l", site="s")
        await work.recipes.create(recipe(name="draft"))
        await work.commit()
    return "aoi-3"


async def kept(services: Services) -> list[Drop]:
    async with services.database.session() as session:
        return [watch.drop for watch in await watches(session)]


async def test_a_folder_is_kept_by_its_real_path(services: Services, station: str, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    named = await name_folder(services, station, Drop(f"{tmp_path}/link/", "{lot}_{serial}", settle_s=1.5))
    assert (named.watch.station, named.new) == ("aoi-3", True)
    assert named.watch.drop == Drop(str(tmp_path / "real"), "{lot}_{serial}", settle_s=1.5)
    assert await kept(services) == [named.watch.drop]
    assert not (await name_folder(services, station, named.watch.drop)).new


async def test_a_folder_elsewhere_need_not_be_here(services: Services, station: str) -> None:
    with pytest.raises(FolderUnfit, match="elsewhere"):
        await name_folder(services, station, Drop("/mnt/line-3/drops"))
    await name_folder(services, station, Drop("/mnt/line-3/drops"), elsewhere=True)
    assert [drop.path for drop in await kept(services)] == ["/mnt/line-3/drops"]


WRONG: dict[str, tuple[Callable[[Path, Path], Drop], type[MarksightError]]] = {
    "the state folder": (lambda _, home: Drop(str(home)), FolderUnfit),
    "within the state folder": (lambda _, home: Drop(str(home / "store")), FolderUnfit),
    "around the state folder": (lambda _, home: Drop(str(home.parent)), FolderUnfit),
    "a link into the state folder": (lambda own, home: Drop(str(linked(own, home))), FolderUnfit),
    "a file": (lambda own, _: Drop(str(filed(own))), FolderUnfit),
    "not absolute": (lambda *_: Drop("drops"), FolderUnfit),
    "no rule": (lambda own, _: Drop(str(own), "{lott}"), NamingInvalid),
    "no recipe": (lambda own, _: Drop(str(own), recipe="nobody's"), NotFound),
    "a draft": (lambda own, _: Drop(str(own), recipe="draft"), NothingPublished),
}


def linked(own: Path, home: Path) -> Path:
    (own / "link").symlink_to(home)
    return own / "link"


def filed(own: Path) -> Path:
    (own / "file").write_text("")
    return own / "file"


@pytest.mark.parametrize("case", WRONG)
async def test_what_may_not_be_watched_is_refused(
    services: Services, station: str, tmp_path: Path, home: Path, case: str
) -> None:
    make, error = WRONG[case]
    (home / "store").mkdir(exist_ok=True)
    with pytest.raises(error):
        await name_folder(services, station, make(tmp_path, home))
    assert await kept(services) == []


async def test_the_image_store_is_not_watched(composed: Composed, station: str, tmp_path: Path) -> None:
    (tmp_path / "store" / "inner").mkdir(parents=True)
    services = composed(store_url=(tmp_path / "store").as_uri())
    for path in (tmp_path, tmp_path / "store" / "inner"):
        with pytest.raises(FolderUnfit, match="image store"):
            await name_folder(services, station, Drop(str(path)))


async def test_folders_lie_below_the_roots_that_are_named(composed: Composed, station: str, tmp_path: Path) -> None:
    for name in ("drops/a", "other", "drops2"):
        (tmp_path / name).mkdir(parents=True)
    services = composed(watch_roots=[tmp_path / "drops"])
    for name in ("other", "drops2"):
        with pytest.raises(FolderUnfit, match="MARKSIGHT_WATCH_ROOTS"):
            await name_folder(services, station, Drop(str(tmp_path / name)))
    await name_folder(services, station, Drop(str(tmp_path / "drops" / "a")))
    with pytest.raises(FolderUnfit):
        await name_folder(services, station, Drop(f"{tmp_path}/drops/../other"), elsewhere=True)


@pytest.mark.parametrize("reference", ["aoi-3", "aoi-9"])
async def test_what_is_not_there_is_told(services: Services, station: str, tmp_path: Path, reference: str) -> None:
    with pytest.raises(NotFound):
        await forget_folder(services, reference)
    with pytest.raises(NotFound):
        await rest_folder(services, reference, active=False)
    if reference != station:
        with pytest.raises(NotFound):
            await name_folder(services, reference, Drop(str(tmp_path)))
