"""What lies at an address among the backups is whole, or is told by its path."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from data.backup_blobs import BackupBlobs
from data.errors import BackupDamaged, BackupFull, BlobDamaged
from tests.data.backup_rows import address, once, tree
from tests.disks import at_most

DATA = b"a picture"


@pytest.fixture
def blobs(tmp_path: Path) -> BackupBlobs:
    return BackupBlobs(tmp_path / "blobs")


async def test_what_is_kept_is_there_and_comes_back(blobs: BackupBlobs) -> None:
    assert not blobs.holds(address(DATA))
    assert await blobs.keep(address(DATA), once(DATA)) == len(DATA)
    blobs.check(address(DATA), len(DATA))
    assert (blobs.read(address(DATA)), list(blobs.addresses())) == (DATA, [address(DATA)])
    assert b"".join([chunk async for chunk in blobs.stream(address(DATA))]) == DATA
    assert (blobs.holds(address(DATA), len(DATA)), blobs.holds(address(DATA), 1)) == (True, False)
    blobs.flush()


async def test_bytes_that_are_not_their_address_are_not_kept(blobs: BackupBlobs) -> None:
    with pytest.raises(BlobDamaged, match="not what their address says"):
        await blobs.keep(address(b"another"), once(DATA))
    assert tree(blobs.root) == set()


async def test_a_full_disk_is_told_and_nothing_half_written_stays(blobs: BackupBlobs) -> None:
    data = bytes(200_000)
    with at_most(100_000), pytest.raises(BackupFull, match="goes on where it was"):
        await blobs.keep(address(data), once(data))
    assert tree(blobs.root) == set()


def changed(path: Path) -> None:
    path.write_bytes(b"A picture")


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "changed": (changed, "was changed"),
    "missing": (Path.unlink, "is missing"),
    "cut short": (lambda path: path.write_bytes(DATA[:4]), "has 4 bytes and should have 9"),
}


@pytest.mark.parametrize(("damage", "words"), DAMAGE.values(), ids=DAMAGE.keys())
async def test_what_is_damaged_is_named(blobs: BackupBlobs, damage: Callable[[Path], object], words: str) -> None:
    await blobs.keep(address(DATA), once(DATA))
    damage(blobs.path(address(DATA)))
    with pytest.raises(BackupDamaged, match=words) as caught:
        blobs.check(address(DATA), len(DATA))
    assert str(blobs.path(address(DATA))) in str(caught.value)
    with pytest.raises(BackupDamaged):
        blobs.read(address(DATA))


async def test_what_a_killed_run_left_is_removed_and_never_listed(blobs: BackupBlobs) -> None:
    await blobs.keep(address(DATA), once(DATA))
    (blobs.root / "incoming" / ("0" * 32)).write_bytes(b"half")
    assert list(blobs.addresses()) == [address(DATA)]
    blobs.clear()
    assert tree(blobs.root) == {f"{address(DATA)[:2]}/{address(DATA)}"}


async def test_addresses_come_in_order(blobs: BackupBlobs) -> None:
    several = [b"%d" % number for number in range(20)]
    for each in several:
        await blobs.keep(address(each), once(each))
    assert list(blobs.addresses()) == sorted(map(address, several))
    assert blobs.remove(address(b"7")) == 1
    assert address(b"7") not in set(blobs.addresses())
