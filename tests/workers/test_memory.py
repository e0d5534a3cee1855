"""A worker ends before the kernel ends it, and only if that gives memory back."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.memory import Room, room, why_to_end

MB = 2**20


def system(root: Path, *, total_mb: int = 8000, left_mb: int = 6000, cgroup: str = "0::/\n") -> Path:
    for folder in ("proc/self", "sys/fs/cgroup"):
        (root / folder).mkdir(parents=True)
    (root / "proc/meminfo").write_text(f"MemTotal: {total_mb * 1024} kB\nMemAvailable: {left_mb * 1024} kB\n")
    (root / "proc/self/cgroup").write_text(cgroup)
    return root


def group(folder: Path, *, most: str, held_mb: int, cache_mb: int = 0, v1: bool = False) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes") if v1 else ("memory.max", "memory.current")
    (folder / names[0]).write_text(f"{most}\n")
    (folder / names[1]).write_text(f"{held_mb * MB}\n")
    prefix = "total_" if v1 else ""
    (folder / "memory.stat").write_text(f"anon 1\n{prefix}inactive_file {cache_mb * MB}\n")


def test_without_groups_the_machine_is_the_bound(tmp_path: Path) -> None:
    assert room(system(tmp_path)) == Room(8000, 6000)


@pytest.mark.parametrize("cgroup", ["0::/\n", "0::/ours\n", "0::/ours/deep\n"])
def test_the_tightest_group_above_is_the_bound(tmp_path: Path, cgroup: str) -> None:
    root = system(tmp_path, cgroup=cgroup)
    group(root / "sys/fs/cgroup", most=f"{1000 * MB}", held_mb=900, cache_mb=50)
    group(root / "sys/fs/cgroup/ours", most="max", held_mb=900)
    assert room(root) == Room(1000, 150)


def test_the_older_kind_of_groups_is_read_too(tmp_path: Path) -> None:
    root = system(tmp_path, cgroup="5:cpu:/x\n4:memory:/ours\n")
    group(root / "sys/fs/cgroup/memory/ours", most=f"{500 * MB}", held_mb=450, v1=True)
    assert room(root) == Room(500, 50)


def test_a_group_that_is_over_its_bound_has_nothing_left(tmp_path: Path) -> None:
    root = system(tmp_path)
    group(root / "sys/fs/cgroup", most=f"{100 * MB}", held_mb=120)
    assert room(root) == Room(100, 0)


def test_a_system_that_does_not_say_is_not_asked_twice(tmp_path: Path) -> None:
    assert room(tmp_path) is None


def test_this_machine_says_it() -> None:
    found = room()
    assert found is not None
    assert 0 < found.left_mb <= found.total_mb


PLENTY, SHORT = Room(8000, 6000), Room(8000, 500)


@pytest.mark.parametrize(
    ("resident_mb", "first_mb", "left", "ends"),
    [
        pytest.param(400, 400, PLENTY, False, id="plenty"),
        pytest.param(2000, 400, PLENTY, False, id="grown while there is plenty"),
        pytest.param(2049, 2049, PLENTY, True, id="over its own bound"),
        pytest.param(400, 400, SHORT, False, id="short because of others"),
        pytest.param(460, 400, SHORT, False, id="grown a little"),
        pytest.param(600, 400, SHORT, True, id="short, and grown"),
        pytest.param(600, 400, None, False, id="nobody knows"),
        pytest.param(90, 20, SHORT, True, id="small, and grown"),
        pytest.param(80, 20, SHORT, False, id="small, and grown a little"),
    ],
)
def test_a_process_ends_when_its_end_helps(resident_mb: int, first_mb: int, left: Room | None, ends: bool) -> None:
    assert (why_to_end(resident_mb, first_mb, left, 2048) is not None) is ends
