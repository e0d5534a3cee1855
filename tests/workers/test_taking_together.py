"""Files are cut into slices that are small; those of a slice that are plainly to be taken are taken, and no others."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from core.naming import parse
from data.queries.watched import Watch
from data.repositories.watched import Drop, Refusal
from data.tables import Inspection, WatchedRefusal
from tests.workers.queue_probe import picture
from workers.composition import Services
from workers.drop_folder import DropFolder, Sighting
from workers.taking import File, take
from workers.taking_together import SLICE_BYTES, SLICE_FILES, slices, take_together

MIB = 1 << 20


def sized(size: int) -> File:
    watch = Watch(UUID(int=1), "aoi-3", Drop("/nowhere"))
    return File(watch, DropFolder(Path("/nowhere")), parse(""), "a", Sighting(size, 1, 1))


@pytest.mark.parametrize(
    ("sizes", "cut"),
    [
        pytest.param([], [], id="none"),
        pytest.param([1], [1], id="one"),
        pytest.param([0] * SLICE_FILES, [SLICE_FILES], id="a slice full"),
        pytest.param([0] * (SLICE_FILES + 1), [SLICE_FILES, 1], id="one more"),
        pytest.param([SLICE_BYTES], [1], id="as large as a slice"),
        pytest.param([1, 2**40, 1, 1], [1, 1, 2], id="a huge one alone"),
        pytest.param([6 * MIB] * 5, [2, 2, 1], id="by their bytes"),
    ],
)
def test_files_are_cut_in_their_order(sizes: list[int], cut: list[int]) -> None:
    files = [sized(size) for size in sizes]
    found = list(slices(files))
    assert [len(some) for some in found] == cut
    assert [file for some in found for file in some] == files


@pytest.fixture
async def watch(services: Services, tmp_path: Path) -> Watch:
    (tmp_path / "drop").mkdir()
    async with services.database.unit_of_work() as work:
        station_id = await work.plant.add_station("aoi-3", line="l", site="s")
        await work.commit()
    return Watch(station_id, "aoi-3", Drop(str(tmp_path / "drop"), "{serial}"))


def dropped(watch: Watch, name: str, data: bytes | None = None) -> File:
    folder = DropFolder(Path(watch.drop.path))
    path = folder.root / name
    path.write_bytes(picture() if data is None else data)
    return File(watch, folder, parse(watch.drop.naming), name, Sighting.of(path.lstat()))


async def inspected(services: Services) -> list[str | None]:
    async with services.database.session() as session:
        return list(await session.scalars(select(Inspection.file_name).order_by(Inspection.id)))


async def test_those_that_are_not_plainly_to_be_taken_are_left_where_they_are(services: Services, watch: Watch) -> None:
    before = dropped(watch, "before.png")
    content = before.folder.read(before.name, before.seen, 10**6)
    await take(services, before)
    dropped(watch, "before.png", content)
    os.utime(before.folder.root / "before.png", ns=(1, before.seen.mtime_ns))
    again = replace(before, seen=Sighting.of((before.folder.root / "before.png").lstat()))
    gone, changed = dropped(watch, "gone.png"), dropped(watch, "changed.png")
    (gone.folder.root / "gone.png").unlink()
    (changed.folder.root / "changed.png").write_bytes(picture())
    good = [dropped(watch, f"{name}.png") for name in "ab"]
    bad = [dropped(watch, "empty.png", b""), dropped(watch, "cut.png", picture()[:90])]
    files = [bad[0], good[0], again, gone, changed, good[1], bad[1]]
    assert await take_together(services, files) == good
    assert await inspected(services) == ["before.png", "a.png", "b.png"]
    left = {path.name for path in good[0].folder.root.iterdir() if path.is_file()}
    assert left == {"before.png", "changed.png", "empty.png", "cut.png"}


async def test_one_alone_is_left_for_the_way_of_one(services: Services, watch: Watch) -> None:
    file = dropped(watch, "a.png")
    assert await take_together(services, [file, dropped(watch, "b.png", b"")]) == []
    assert await inspected(services) == []


async def test_files_that_were_refused_before_count_as_refused_no_more(services: Services, watch: Watch) -> None:
    files = [dropped(watch, f"{name}.png") for name in "ab"]
    async with services.database.unit_of_work() as work:
        for file in files:
            await work.watched.refuse(
                Refusal(file.key(), watch.station_id, file.name, "lot-not-open", "It was closed.")
            )
        await work.commit()
    assert await take_together(services, files) == files
    async with services.database.session() as session:
        assert (await session.scalars(select(WatchedRefusal.name))).all() == []


async def test_one_that_cannot_be_put_away_is_left_and_known_when_it_is_taken_again(
    services: Services, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [dropped(watch, f"{name}.png") for name in "abc"]
    put_away = DropFolder.put_away

    def failing(self: DropFolder, name: str, *rest: object) -> Path | None:
        if name == "b.png":
            raise OSError(28, "No space left on device", name)
        return put_away(self, name, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(DropFolder, "put_away", failing)
        assert await take_together(services, files) == [files[0], files[2]]
    assert await take(services, files[1]) == "taken"
    assert await inspected(services) == ["a.png", "b.png", "c.png"]
