"""What is spooled survives, comes out once and in order, keeps its keys, and never grows beyond its bound."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from data.errors import IdempotencyMismatch, StoreError, StoreFull
from data.ids import IdMaker
from tests.conftest import ROOT
from tests.disks import disk_of
from workers.errors import SpoolFull
from workers.spool import COME_BACK_S, Key, Record, Spool, Usage

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
ids = IdMaker()


def record(captured_at: datetime = NOW, key: Key | None = None, byte_count: int = 10) -> Record:
    return Record(ids(), NOW, captured_at, byte_count, {"addresses": ["ab"]}, key)


def key(name: str = "k", digest: str = "d", caller: str = "plc") -> Key:
    return Key(caller, name, digest)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "spool"


def opened(folder: Path, max_items: int = 100, max_bytes: int = 10_000) -> Spool:
    return Spool(folder, max_items=max_items, max_bytes=max_bytes)


def test_what_was_added_is_found_by_another_process(folder: Path) -> None:
    first = record(key=key())
    assert opened(folder).add(first) == first.id
    assert opened(folder).waiting() == [first]
    assert opened(folder).get(first.id) == first
    assert opened(folder).get(ids()) is None


def test_an_empty_spool_makes_no_folder(folder: Path) -> None:
    spool = opened(folder)
    assert (spool.waiting(), spool.usage().items, spool.addresses(), spool.forget_old_keys()) == ([], 0, set(), 0)
    assert not folder.exists()


def test_records_come_out_in_the_order_of_their_capture(folder: Path) -> None:
    spool = opened(folder)
    late, early, same = record(NOW + timedelta(seconds=1)), record(NOW - timedelta(hours=1)), record(NOW)
    last_of_same = record(NOW)
    for each in (late, last_of_same, early, same):
        spool.add(each)
    assert spool.waiting() == [early, same, last_of_same, late]


def test_what_is_done_is_gone(folder: Path) -> None:
    spool = opened(folder)
    first, second = record(), record()
    for each in (first, second):
        spool.add(each)
    spool.done(first)
    spool.done(first)
    assert spool.waiting() == [second]
    assert spool.usage().items == 1


@pytest.mark.parametrize("caught_up", [False, True], ids=["while it waits", "after it was caught up with"])
def test_the_same_request_gets_the_same_id(folder: Path, *, caught_up: bool) -> None:
    first = record(key=key())
    opened(folder).add(first)
    if caught_up:
        opened(folder).done(first)
    assert opened(folder).add(record(key=key())) == first.id
    assert len(opened(folder).waiting()) == (0 if caught_up else 1)


def test_a_crash_between_key_and_record_is_made_good_by_the_repetition(folder: Path) -> None:
    spool, first = opened(folder), record(key=key())
    spool.add(first)
    (folder / f"{first.id}.json").unlink()  # as if it had never been written
    assert spool.add(record(key=key())) == first.id
    assert [each.id for each in spool.waiting()] == [first.id]


def test_another_request_under_the_key_is_refused(folder: Path) -> None:
    spool = opened(folder)
    spool.add(record(key=key()))
    with pytest.raises(IdempotencyMismatch):
        spool.add(record(key=key(digest="other")))
    assert spool.add(record(key=key(caller="other", digest="other")))
    assert spool.usage().items == 2


@pytest.mark.parametrize(
    ("bounds", "fit"),
    [
        pytest.param({"max_items": 3}, 3, id="items"),
        pytest.param({"max_items": 0}, 0, id="none"),
        pytest.param({"max_bytes": 29}, 2, id="bytes"),
        pytest.param({"max_bytes": 30}, 3, id="bytes to the last"),
    ],
)
def test_beyond_the_bound_nothing_is_taken_and_when_to_come_back_is_told(
    folder: Path, bounds: dict[str, int], fit: int
) -> None:
    for _ in range(fit):
        opened(folder, **bounds).add(record())
    for spool in (opened(folder, **bounds),) * 2:
        with pytest.raises(SpoolFull) as refusal:
            spool.add(record(key=key()))
        assert refusal.value.retry_s == COME_BACK_S
        assert str(COME_BACK_S) in str(refusal.value)
    assert opened(folder).usage().items == fit
    if fit:
        opened(folder).done(opened(folder).waiting()[0])
        assert opened(folder, **bounds).add(record(key=key()))  # the refused request had bound nothing


def damaged(text: str) -> Callable[[Path], None]:
    return lambda file: file.write_text(text) and None


def changed(file: Path) -> None:
    document = json.loads(file.read_text())
    document["record"]["captured_at"] = "2020-01-01T00:00:00+00:00"
    file.write_text(json.dumps(document))


def renamed(file: Path) -> None:
    file.rename(file.with_name(f"{UUID(int=7)}.json"))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(damaged(""), id="empty"),
        pytest.param(damaged("{"), id="cut off"),
        pytest.param(damaged("[]"), id="another document"),
        pytest.param(damaged('{"version": 1, "sha256": "", "record": {}}'), id="without its digest"),
        pytest.param(changed, id="changed"),
        pytest.param(renamed, id="under another name"),
    ],
)
def test_what_is_no_record_is_moved_aside_and_holds_nothing_up(folder: Path, damage: Callable[[Path], None]) -> None:
    spool = opened(folder)
    bad, good = record(), record()
    for each in (bad, good):
        spool.add(each)
    damage(folder / f"{bad.id}.json")
    assert opened(folder).waiting() == [good]
    assert opened(folder).usage() == replace(spool.usage(), items=1, aside=1)
    assert len(list((folder / "aside").iterdir())) == 1


def test_a_file_that_was_being_written_is_no_record(folder: Path) -> None:
    spool = opened(folder)
    spool.add(record())
    (folder / f".{ids()}.json.new").write_text("{")
    assert len(spool.waiting()) == spool.usage().items == 1
    assert spool.usage().aside == 0


def test_old_keys_are_forgotten_and_young_ones_kept(folder: Path) -> None:
    spool = opened(folder)
    for name in ("old", "young", "waiting"):
        waits = record(key=key(name))
        spool.add(waits)
        if name != "waiting":
            spool.done(waits)
    for name in ("old", "waiting"):
        os.utime(folder / "keys" / key(name).file_name, (0, 0))
    assert spool.forget_old_keys() == 1
    assert {file.name for file in (folder / "keys").iterdir()} == {key(name).file_name for name in ("young", "waiting")}


def test_what_comes_later_of_a_line_waits_while_anything_of_it_waits(folder: Path) -> None:
    spool = opened(folder)
    assert not spool.holds("a")
    first, second, other = (replace(record(), line=line) for line in ("a", "a", "b"))
    for each in (first, other, second):
        spool.add(each)
    for seen in (spool, opened(folder)):
        assert (seen.holds("a"), seen.holds("b"), seen.holds("c")) == (True, True, False)
    another = opened(folder)
    another.done(second)
    assert (spool.holds("a"), spool.holds("b")) == (True, True)
    another.done(first)
    another.set_aside(other.id)
    assert (spool.holds("a"), spool.holds("b")) == (False, False)
    assert opened(folder).waiting() == []


def test_what_is_moved_aside_still_names_its_pictures(folder: Path) -> None:
    spool, kept, damaged_one = opened(folder), record(), record()
    for address, each in (("aa", kept), ("bb", damaged_one)):
        spool.add(replace(each, said={"addresses": [address]}))
    spool.set_aside(kept.id)
    (folder / "aside" / "1-x.json").write_text("{")
    assert spool.addresses() == {"aa", "bb"}


def test_while_a_record_cannot_be_read_nobody_knows_what_is_named(folder: Path) -> None:
    spool = opened(folder)
    spool.add(record())
    (folder / f"{ids()}.json").mkdir()
    with pytest.raises(OSError, match="directory"):
        spool.addresses()


def test_a_record_that_cannot_be_read_stays_and_holds_nothing_up(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool, good = opened(folder), record()
    spool.add(good)
    (folder / f"{ids()}.json").mkdir()  # whatever the system says of it, it is not that there is none
    for _ in range(3):
        assert spool.waiting() == [good]
    assert spool.usage() == Usage(2, 10, 0)
    assert len(caplog.records) == 1


def test_a_full_disk_keeps_nothing_that_was_written_from_being_done(tmp_path: Path) -> None:
    with disk_of(65_536, tmp_path / "spool") as folder:
        spool, kept = opened(folder), record(key=key())
        spool.add(kept)
        with suppress(OSError), (folder / "filler").open("wb", buffering=0) as filler:
            while filler.write(b"0" * 1024):
                pass
        with pytest.raises(StoreFull):
            spool.add(record())
        spool.done(kept)
        assert (spool.waiting(), spool.usage().items) == ([], 0)
        (folder / "filler").unlink()
        assert spool.add(record(key=key())) == kept.id


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        opened(tmp_path / "file" / "spool").add(record())


def test_one_process_at_a_time_catches_up(folder: Path) -> None:
    opened(folder).add(record())
    with opened(folder).catching_up() as first, opened(folder).catching_up() as second:
        assert (first, second) == (True, False)
    with opened(folder).catching_up() as again:
        assert again


def test_threads_together_keep_the_bound_and_the_keys(folder: Path) -> None:
    spool, taken = opened(folder, max_items=10), []

    def add(number: int) -> None:
        with suppress(SpoolFull):
            taken.append(spool.add(record(key=key(str(number % 20)))))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(taken)) == len(opened(folder).waiting()) == 10


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from data.ids import IdMaker
from workers.spool import Key, Record, Spool

spool, ids = Spool(Path(sys.argv[1]), max_items=100000, max_bytes=10**9), IdMaker()
number = 0
while True:
    number += 1
    now = datetime.now(UTC)
    key = Key("plc", str(number), "d") if number % 2 else None
    print(spool.add(Record(ids(), now, now, 10, {"addresses": []}, key)), flush=True)
"""


def test_whoever_is_killed_while_spooling_loses_nothing_it_had_said(folder: Path) -> None:
    said: list[str] = []
    for _ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        said += [writer.stdout.readline().strip() for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        said += writer.stdout.read().split()
        writer.wait()
        writer.stdout.close()
    found = [str(each.id) for each in opened(folder).waiting()]
    assert len(found) == len(set(found))
    assert set(said) - {""} <= set(found)
    assert len(found) <= len(set(said)) + 3  # what was kept, and not said any more
    assert opened(folder).usage().aside == 0
