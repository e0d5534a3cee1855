"""What a station drops is inspected once, in order, when it is whole; what cannot be says why; nothing is lost."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from data.errors import StoreError
from data.queries import watched
from data.queries.watched import Watch
from data.repositories.watched import Drop
from data.tables import Inspection, Lot, Unit, WatchedRefusal
from tests.data.rows import published
from tests.gate import Gate
from tests.workers.conftest import Behind, Composed
from tests.workers.queue_probe import picture
from workers import folder_watch
from workers.composition import Services
from workers.drop_folder import DropFolder, Sighting
from workers.folder_watch import PATIENCE_S, PUT_OFF_S, SWEEP_S, FolderWatch
from workers.taking import File
from workers.taking_together import SLICE_FILES, take_together


class Dropping:
    """A watched folder, and a clock that a test moves."""

    def __init__(self, services: Services, watch: Watch) -> None:
        self.services, self.root, self.now = services, Path(watch.drop.path), 1000.0
        self.watch = watch
        self.again()

    def again(self) -> None:
        """Watch it from another process, as after a crash."""
        self.watching = FolderWatch(self.services, self.watch, gate=asyncio.Semaphore(2), clock=lambda: self.now)

    def drop(self, name: str, data: bytes | None = None, *, mtime: float | None = None) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture() if data is None else data)
        if mtime is not None:
            os.utime(path, (mtime, mtime))
        return path

    async def turns(self, *pauses_s: float) -> None:
        """Look once, and again after each pause."""
        await self.watching.turn()
        for pause_s in pauses_s:
            self.now += pause_s
            await self.watching.turn()

    def tree(self) -> set[str]:
        """What lies in the folder, days left out."""
        day = datetime.now(tz=UTC).date().isoformat()
        files = (path for path in self.root.rglob("*") if path.is_file() or path.is_symlink())
        return {str(path.relative_to(self.root)).replace(f"/{day}", "") for path in files}

    async def inspections(self) -> list[Inspection]:
        async with self.services.database.session() as session:
            return list(await session.scalars(select(Inspection).order_by(Inspection.id)))

    async def refusals(self) -> dict[str, str]:
        async with self.services.database.session() as session:
            return {file.name: file.code for file in await watched.refused(session, self.watch.station_id)}


async def dropping(services: Services, tmp_path: Path, naming: str = "", recipe: str = "") -> Dropping:
    root = tmp_path / "drop"
    root.mkdir(exist_ok=True)
    async with services.database.unit_of_work() as work:
        station_id = await work.plant.add_station("aoi-3", line="l", site="s")
        await work.commit()
    return Dropping(services, Watch(station_id, "aoi-3", Drop(str(root), naming, recipe, settle_s=2.0)))


@pytest.fixture
async def here(services: Services, tmp_path: Path) -> Dropping:
    return await dropping(services, tmp_path)


async def test_a_file_is_taken_once_it_has_settled(here: Dropping) -> None:
    here.drop("a.png")
    await here.turns(1.9)
    assert here.tree() == {"a.png"}
    await here.turns(0.2)
    assert here.tree() == {"done/a.png"}
    (kept,) = await here.inspections()
    assert (kept.file_name, kept.station_id, kept.state) == ("a.png", here.watch.station_id, "received")
    assert here.watching.state.taken == 1


async def test_a_file_that_grows_settles_anew(here: Dropping) -> None:
    whole = picture()
    path = here.drop("a.png", whole[:50])
    for length in (60, 70, len(whole)):
        await here.turns(1.5)
        path.write_bytes(whole[:length])
    await here.turns(1.5)
    assert here.tree() == {"a.png"}
    await here.turns(1.0)
    assert here.tree() == {"done/a.png"}
    assert await here.refusals() == {}


async def test_a_file_that_is_broken_is_waited_for_until_it_is_whole(here: Dropping) -> None:
    whole = picture()
    path = here.drop("a.png", bytes(len(whole)))  # as network drives do: its length first, its bytes later
    found = path.stat()
    await here.turns(3, 10, 100)
    assert here.tree() == {"a.png"}
    path.write_bytes(whole)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    await here.turns(60)
    assert here.tree() == {"done/a.png"}


@pytest.mark.parametrize(
    ("data", "code", "advice"),
    [
        pytest.param(b"", "not-an-image", "Send JPEG", id="empty"),
        pytest.param(b"no picture", "not-an-image", "Send JPEG", id="text"),
        pytest.param(picture()[:100], "image-truncated", "Copy it again", id="cut off"),
    ],
)
async def test_what_stays_broken_is_refused_with_what_to_do(
    here: Dropping, data: bytes, code: str, advice: str
) -> None:
    here.drop("a.png", data)
    await here.turns(3, PATIENCE_S - 10)
    assert here.tree() == {"a.png"}
    await here.turns(60)
    assert here.tree() == {"refused/a.png", "refused/a.png.txt"}
    assert await here.refusals() == {"a.png": code}
    note = next(here.root.rglob("*.txt")).read_text()
    assert code in note
    assert advice in note
    assert await here.inspections() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"max_image_bytes": 50}, "image-too-large", id="too many bytes"),
        pytest.param({"max_image_pixels": 100}, "image-too-many-pixels", id="too many pixels"),
        pytest.param({"min_image_side_px": 100}, "image-too-small", id="too small"),
    ],
)
async def test_what_no_more_bytes_can_mend_is_refused_at_once(
    composed: Composed, tmp_path: Path, changes: dict[str, int], code: str
) -> None:
    here = await dropping(composed(**changes), tmp_path)
    here.drop("a.png")
    await here.turns(2.1)
    assert await here.refusals() == {"a.png": code}
    assert here.tree() == {"refused/a.png", "refused/a.png.txt"}


async def test_a_huge_file_is_refused_unread(here: Dropping) -> None:
    with here.drop("a.png", b"").open("wb") as file:
        file.truncate(2**40)
    await here.turns(2.1)
    assert await here.refusals() == {"a.png": "image-too-large"}


async def test_names_say_lot_and_place(services: Services, tmp_path: Path) -> None:
    await published(services.database)
    here = await dropping(services, tmp_path, "{station}-{lot}/{carrier}_{row}_{column}-{trigger}", "74LS00 DIP-14")
    here.drop("aoi-3-L1/T1_02_03-7.png")
    await here.turns(2.1)
    assert here.tree() == {"done/aoi-3-L1/T1_02_03-7.png"}
    async with services.database.session() as session:
        kept, unit, lot = (
            await session.execute(
                select(Inspection, Unit, Lot.code)
                .join(Unit, Unit.id == Inspection.unit_id)
                .join(Lot, Lot.id == Inspection.lot_id)
            )
        ).one()
    assert (unit.carrier, unit.place_row, unit.place_column, lot) == ("T1", 2, 3, "L1")
    assert kept.trigger_number == 7
    assert kept.recipe_version_id is not None


@pytest.mark.parametrize(
    ("naming", "recipe", "name", "code"),
    [
        pytest.param("{lot}_{serial}", "", "L1.png", "name-unfit", id="another name"),
        pytest.param("{station}_{serial}", "", "aoi-4_S.png", "station-differs", id="another station"),
        pytest.param("", "nobody's", "a.png", "reference-unknown", id="a recipe that was deleted"),
        pytest.param("{lot}_{serial}", "", "CLOSED_S.png", "lot-not-open", id="a closed lot"),
    ],
)
async def test_what_does_not_fit_is_refused_and_taken_when_it_is_mended(
    services: Services, tmp_path: Path, naming: str, recipe: str, name: str, code: str
) -> None:
    async with services.database.unit_of_work() as work:
        lot = await work.session.get(Lot, await work.parts.open_lot("CLOSED"))
        assert lot is not None
        lot.state, lot.closed_at = "closed", datetime.now(tz=UTC) - timedelta(days=1)
        await work.commit()
    here = await dropping(services, tmp_path, naming, recipe)
    here.drop(name)
    await here.turns(2.1)
    assert await here.refusals() == {name: code}
    (refused,) = (path for path in here.root.rglob("*.png"))
    refused.rename(here.root / name)
    here.watch = Watch(here.watch.station_id, "aoi-3", Drop(str(here.root), settle_s=2.0))
    here.again()
    await here.turns(2.1)
    assert len(await here.inspections()) == 1
    assert await here.refusals() == {}


async def test_files_are_taken_in_the_order_of_their_time_of_change(here: Dropping) -> None:
    for name, mtime in (("c", 300), ("a", 200), ("d", 2**33), ("b", 100), ("e", 200)):
        here.drop(f"{name}.png", mtime=mtime)  # one of them in the next century: clocks jump
    await here.turns(2.1)
    assert [each.file_name for each in await here.inspections()] == ["b.png", "a.png", "e.png", "c.png", "d.png"]


async def test_what_is_no_finished_picture_stays(here: Dropping, tmp_path: Path) -> None:
    outside = tmp_path / "outside.png"
    outside.write_bytes(picture())
    (here.root / "link.png").symlink_to(outside)
    os.mkfifo(here.root / "pipe.png")
    for name in (".hidden.png", "a.png.part", "b.tmp"):
        here.drop(name)
    await here.turns(2.1, 1000)
    assert here.tree() == {".hidden.png", "a.png.part", "b.tmp", "link.png"}
    assert await here.inspections() == []


async def test_a_file_that_vanishes_is_forgotten(here: Dropping) -> None:
    path = here.drop("a.png")
    here.drop("b.png")
    await here.turns()
    path.unlink()
    await here.turns(2.1)
    assert here.tree() == {"done/b.png"}
    assert here.watching.state.waiting == 0


async def test_an_unreadable_file_holds_no_other_up_and_is_refused_in_the_end(
    here: Dropping, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.drop("a.png", mtime=1)
    here.drop("b.png", mtime=2)
    read = DropFolder.read

    def refusing(self: DropFolder, name: str, *rest: object) -> bytes | None:
        if name == "a.png":  # root, as whom tests may run, can read everything
            raise PermissionError(13, "Permission denied", name)
        return read(self, name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(DropFolder, "read", refusing)
    await here.turns(2.1)
    assert here.tree() == {"a.png", "done/b.png"}
    await here.turns(PATIENCE_S)
    assert await here.refusals() == {"a.png": "unreadable"}


async def test_from_a_folder_that_cannot_be_emptied_nothing_is_taken(here: Dropping) -> None:
    (here.root / "done").write_text("in the way")
    here.drop("a.png")
    await here.turns(2.1, 10)
    assert "not a folder" in here.watching.state.trouble
    assert await here.inspections() == []
    (here.root / "done").unlink()
    await here.turns(2.1)
    assert here.tree() == {"done/a.png"}
    assert here.watching.state.trouble == ""


@pytest.mark.parametrize("inner", ["store", ""], ids=["the image store", "the state folder"])
async def test_from_a_folder_that_leads_to_what_is_ours_nothing_is_taken(here: Dropping, inner: str) -> None:
    ours = here.services.settings.home / inner / "drop"
    ours.mkdir(parents=True)
    here.root.rmdir()
    here.root.symlink_to(ours)
    here.drop("a.png")
    await here.turns(2.1)
    assert "choose a folder apart from it" in here.watching.state.trouble
    assert here.tree() == {"a.png"}
    shutil.rmtree(ours)


async def test_a_folder_that_is_removed_and_comes_back_is_watched_on(here: Dropping) -> None:
    here.drop("a.png")
    await here.turns()
    shutil.rmtree(here.root)
    assert await here.watching.turn() == SWEEP_S
    assert "no folder" in here.watching.state.trouble
    here.drop("b.png")
    await here.turns(2.1)
    assert here.tree() == {"done/b.png"}


async def test_a_crash_between_commit_and_move_inspects_once(here: Dropping, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("L1/a.png", "L1/b.png", "c.png")
    for name in names:
        here.drop(name)

    def crash(*_: object) -> None:
        raise OSError(5, "the process is gone", "a.png")

    with monkeypatch.context() as patched:
        patched.setattr(DropFolder, "put_away", crash)
        await here.turns(2.1, 10, 100)
    assert (here.tree(), len(await here.inspections())) == ({*names}, 3)
    here.again()
    await here.turns(2.1)
    assert (here.tree(), len(await here.inspections())) == ({f"done/{name}" for name in names}, 3)


async def test_a_crash_while_refusing_counts_once(here: Dropping, monkeypatch: pytest.MonkeyPatch) -> None:
    with here.drop("a.png", b"").open("wb") as file:
        file.truncate(2**40)

    def crash(*_: object) -> None:
        raise OSError(5, "the process is gone", "a.png")

    with monkeypatch.context() as patched:
        patched.setattr(DropFolder, "put_away", crash)
        await here.turns(2.1, 10)
    here.again()
    await here.turns(2.1)
    async with here.services.database.session() as session:
        assert await session.scalar(select(func.count()).select_from(WatchedRefusal)) == 1


async def test_the_same_picture_under_another_name_is_another(here: Dropping) -> None:
    same = picture()
    for name in ("a.png", "b.png", "L1/a.png"):
        here.drop(name, same, mtime=1)
    await here.turns(2.1)
    assert len(await here.inspections()) == 3


async def test_a_name_that_comes_again_with_another_picture_is_inspected_again(here: Dropping) -> None:
    for _ in range(2):
        here.drop("a.png")
        await here.turns(2.1)
    assert len(await here.inspections()) == 2
    assert here.tree() == {"done/a.png", "done/a-2.png"}


async def test_many_watchers_of_one_folder_inspect_once(here: Dropping) -> None:
    for number in range(10):
        here.drop(f"{number}.png")
    others = [Dropping(here.services, here.watch) for _ in range(3)]
    await asyncio.gather(*(each.turns(2.1, 60) for each in (here, *others)))
    assert len(await here.inspections()) == 10
    tree = here.tree()  # two who put one away at once each reserve a name, and one of these stays
    assert len(tree) == 10
    assert {re.sub(r"-\d+(?=\.png$)", "", name) for name in tree} == {f"done/{number}.png" for number in range(10)}


async def test_while_the_database_is_away_files_are_spooled_and_refusals_wait(
    behind: Behind, database: Gate, tmp_path: Path
) -> None:
    here = await dropping(behind(spool_max_items=2), tmp_path, "{serial}")
    for number in range(3):
        here.drop(f"{number}.png", mtime=number)
    await database.close()
    await here.turns(2.1)
    assert here.tree() == {"done/0.png", "done/1.png", "2.png"}
    assert "30 s" in here.watching.state.trouble
    assert here.services.spool.usage().items == 2
    await database.open()
    await here.turns(PUT_OFF_S)
    assert here.tree() == {"done/0.png", "done/1.png", "done/2.png"}
    with here.drop("big.png", b"").open("wb") as file:
        file.truncate(2**40)
    await database.close()
    await here.turns(2.1)
    assert "big.png" in here.tree()
    await database.open()
    await here.turns(PUT_OFF_S)
    assert await here.refusals() == {"big.png": "image-too-large"}


async def test_while_the_store_is_away_files_stay(composed: Composed, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    here = await dropping(composed(store_url=(tmp_path / "file" / "store").as_uri()), tmp_path)
    here.drop("a.png")
    assert (await here.turns(2.1), here.tree()) == (None, {"a.png"})
    assert here.watching.state.trouble


async def test_ten_thousand_files_at_once_are_taken_from_the_oldest_on(
    here: Dropping, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = picture()
    for number in range(10_000):
        path = here.root / f"{number:05}.png"
        path.write_bytes(same)
        os.utime(path, (10_000 - number, 10_000 - number))
    taken: list[str] = []
    in_flight = most = 0

    async def counting(services: Services, files: Sequence[File]) -> list[File]:
        nonlocal in_flight, most
        if len(taken) >= 200:
            raise StoreError("enough")
        in_flight += 1
        most = max(most, in_flight)
        done = await take_together(services, files)
        in_flight -= 1
        taken.extend(file.name for file in done)
        return done

    async def enough(*_: object) -> str:
        raise StoreError("enough")

    monkeypatch.setattr(folder_watch, "take_together", counting)
    monkeypatch.setattr(folder_watch, "take", enough)
    await here.turns(2.1)
    assert taken == [f"{number:05}.png" for number in range(9999, 9999 - len(taken), -1)]
    assert 200 <= len(taken) < 200 + SLICE_FILES
    assert (most, here.watching.state.waiting) == (1, 10_000 - len(taken))
    assert [each.file_name for each in await here.inspections()] == taken


async def test_files_that_lie_there_together_are_written_together(here: Dropping) -> None:
    for number in range(SLICE_FILES + 3):
        here.drop(f"{number:02}.png", mtime=number)
    said: list[str] = []
    engine = here.services.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    await here.turns(2.1)
    assert sum(each.startswith("INSERT INTO inspections ") for each in said) == 2
    kept = await here.inspections()
    assert [each.file_name for each in kept] == [f"{number:02}.png" for number in range(SLICE_FILES + 3)]
    assert here.watching.state.taken == SLICE_FILES + 3


async def test_a_bad_file_fails_alone_and_its_neighbours_keep_their_order(services: Services, tmp_path: Path) -> None:
    here = await dropping(services, tmp_path, "{lot}_{serial}")
    names = ["L_1", "unnamed", "L_2", "CLOSED_1", "broken_1", "L_3", "L_1", "huge_1"]
    async with services.database.unit_of_work() as work:
        lot = await work.session.get(Lot, await work.parts.open_lot("CLOSED"))
        assert lot is not None
        lot.state, lot.closed_at = "closed", datetime.now(tz=UTC) - timedelta(days=1)
        await work.commit()
    for at, name in enumerate(names):
        here.drop(f"{name}.{'png' if at < 6 else 'x'}", b"" if name == "broken_1" else None, mtime=at)
    with (here.root / "huge_1.x").open("wb") as file:
        file.truncate(2**40)
    await here.turns(2.1)
    assert [each.file_name for each in await here.inspections()] == ["L_1.png", "L_2.png", "L_3.png", "L_1.x"]
    assert [each.attempt for each in await here.inspections()] == [1, 1, 1, 2]
    assert await here.refusals() == {
        "unnamed.png": "name-unfit", "CLOSED_1.png": "lot-not-open", "huge_1.x": "image-too-large",
    }  # fmt: skip
    assert "broken_1.png" in here.tree()


async def test_what_cannot_be_taken_together_is_taken_one_by_one(
    here: Dropping, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> list[File]:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(folder_watch, "take_together", broken)
    for number in range(3):
        here.drop(f"{number}.png", mtime=number)
    await here.turns(2.1)
    assert [each.file_name for each in await here.inspections()] == ["0.png", "1.png", "2.png"]
    assert here.tree() == {"done/0.png", "done/1.png", "done/2.png"}


async def test_a_folder_is_looked_through_in_pieces_and_the_end_is_heeded_between_them(
    here: Dropping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_watch, "LOOKED_AT_ONCE", 10)
    for number in range(100):
        (here.root / f"{number}.png").touch()
    loop, looked_at = asyncio.get_running_loop(), 0
    scan = DropFolder.scan

    def ending(self: DropFolder) -> Iterator[tuple[str, Sighting]]:
        nonlocal looked_at
        for found in scan(self):
            looked_at += 1
            if looked_at == 15:
                loop.call_soon_threadsafe(task.cancel)
            yield found

    monkeypatch.setattr(DropFolder, "scan", ending)
    task = asyncio.create_task(here.watching.turn())
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.2)  # in which a thread that nobody stops would read on
    assert 15 <= looked_at <= 30


async def test_it_watches_by_itself_and_is_woken_by_the_system(here: Dropping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_watch, "SWEEP_S", 3600.0)
    watch = Watch(here.watch.station_id, "aoi-3", Drop(str(here.root), settle_s=0.05))
    watching = FolderWatch(here.services, watch, gate=asyncio.Semaphore(1))
    task = asyncio.create_task(watching.for_ever())
    await asyncio.sleep(1.0)  # until the system tells of the folder; nothing says when it does
    for number in range(3):
        here.drop(f"new/{number}.png")
        async with asyncio.timeout(30):
            while f"done/new/{number}.png" not in here.tree():  # noqa: ASYNC110 - files have no signal
                await asyncio.sleep(0.05)
    task.cancel()
    assert len(await here.inspections()) == 3


async def test_without_any_word_from_the_system_the_sweep_finds_everything(
    here: Dropping, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def deaf(*_: object, **__: object) -> None:
        asked.append(1)
        raise OSError(28, "OS file watch limit reached")

    monkeypatch.setattr(folder_watch.watchfiles, "awatch", deaf)
    monkeypatch.setattr(folder_watch, "SWEEP_S", 0.1)
    watch = Watch(here.watch.station_id, "aoi-3", Drop(str(here.root), settle_s=0.05))
    task = asyncio.create_task(FolderWatch(here.services, watch, gate=asyncio.Semaphore(1)).for_ever())
    await asyncio.sleep(0.2)
    shutil.rmtree(here.root)
    await asyncio.sleep(0.3)
    here.drop("a.png")
    async with asyncio.timeout(30):
        while here.tree() != {"done/a.png"}:  # noqa: ASYNC110 - files have no signal
            await asyncio.sleep(0.05)
    assert asked
    assert not task.done()
    task.cancel()
    assert [each.file_name for each in await here.inspections()] == ["a.png"]
