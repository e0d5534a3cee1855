"""What lies in a folder is seen when it may be whole, read when it has not changed, and moved without loss."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from workers.drop_folder import LONGEST_NAME_BYTES, DropFolder, Sighting

DAY = "2026-03-05"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


def dropped(root: Path, name: str, data: bytes = b"picture") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def seen(root: Path, name: str) -> Sighting:
    return Sighting.of((root / name).lstat())


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "name",
    ["a.png", "a", "L1/a.png", "1/2/3/4/5/6/7/8/a.png", "芯片 é.jpg", "a\nb.png", "tmp", "x/done/a.png", "a.tmp.png"],
)
def test_a_file_is_seen(root: Path, name: str) -> None:
    dropped(root, name)
    assert dict(DropFolder(root).scan()) == {name: seen(root, name)}


def test_a_name_that_is_no_text_is_seen_and_put_away(root: Path) -> None:
    path = os.fsencode(root) + b"/\xff.png"
    with open(path, "wb") as file:  # noqa: PTH123 - Path takes no bytes
        file.write(b"picture")
    ((name, sighting),) = DropFolder(root).scan()
    assert DropFolder(root).put_away(name, sighting, "done", DAY) is not None
    assert dict(DropFolder(root).scan()) == {}


@pytest.mark.parametrize(
    "name",
    [
        ".a.png", ".hidden/a.png", "a.png.tmp", "a.part", "a.PART", "a.png~", "a.crdownload", "a.filepart", "Thumbs.db",
        "done/a.png", "refused/2026/a.png", "1/2/3/4/5/6/7/8/9/a.png",
    ],
)  # fmt: skip
def test_a_file_that_is_no_finished_picture_is_left(root: Path, name: str) -> None:
    dropped(root, name)
    assert dict(DropFolder(root).scan()) == {}


def test_links_pipes_sockets_and_folders_are_left(root: Path, tmp_path: Path) -> None:
    outside = dropped(tmp_path, "outside/a.png")
    (root / "link.png").symlink_to(outside)
    (root / "links").symlink_to(outside.parent)
    (root / "dangling.png").symlink_to(tmp_path / "nowhere")
    (root / "empty.png").mkdir()
    os.mkfifo(root / "pipe.png")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "s.png"))
        assert dict(DropFolder(root).scan()) == {}


def test_a_folder_that_is_gone_is_told(root: Path) -> None:
    root.rmdir()
    assert DropFolder(root).identity() is None
    with pytest.raises(FileNotFoundError):
        next(DropFolder(root).scan())
    root.write_text("")
    assert DropFolder(root).identity() is None


def test_a_folder_that_was_made_anew_is_another(root: Path) -> None:
    first = DropFolder(root).identity()
    root.rename(root.with_name("old"))
    root.mkdir()
    assert DropFolder(root).identity() not in {first, None}


def grown(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def touched(path: Path) -> None:
    os.utime(path, ns=(1, 1))


def replaced(path: Path) -> None:
    found = path.stat()
    other = path.with_name("other")
    other.write_bytes(b"another"[: found.st_size])
    os.utime(other, ns=(found.st_mtime_ns, found.st_mtime_ns))
    other.rename(path)


def linked(path: Path) -> None:
    path.rename(path.with_name("real"))
    path.symlink_to(path.with_name("real"))


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("change", [grown, touched, replaced, piped, gone])
def test_a_file_that_changed_is_neither_read_nor_put_away(root: Path, change: object) -> None:
    path = dropped(root, "a.png")
    before = seen(root, "a.png")
    change(path)  # type: ignore[operator]
    assert DropFolder(root).read("a.png", before, 100) is None
    assert DropFolder(root).put_away("a.png", before, "done", DAY) is None
    assert not list(root.glob("done/*/*"))


def test_a_link_in_its_place_is_not_followed(root: Path) -> None:
    path = dropped(root, "a.png")
    before = seen(root, "a.png")
    linked(path)
    with pytest.raises(OSError, match="symbolic links"):
        DropFolder(root).read("a.png", before, 100)
    assert DropFolder(root).put_away("a.png", before, "done", DAY) is None


def test_a_file_is_read_whole_or_not_at_all(root: Path) -> None:
    dropped(root, "a.png", b"12345")
    assert DropFolder(root).read("a.png", seen(root, "a.png"), 5) == b"12345"
    dropped(root, "b.png", b"123456789")
    assert DropFolder(root).read("b.png", seen(root, "b.png"), 5) is None


def test_what_is_done_keeps_its_folders(root: Path) -> None:
    dropped(root, "L1/a.png")
    place = DropFolder(root).put_away("L1/a.png", seen(root, "L1/a.png"), "done", DAY)
    assert place == root / "done" / DAY / "L1" / "a.png"
    assert tree(root) == {f"done/{DAY}/L1/a.png": b"picture"}


@pytest.mark.parametrize("in_the_way", [f"done/{DAY}", f"done/{DAY}/L1", f"done/{DAY}/L1/L2"])
def test_a_folder_whose_name_a_file_has_gets_a_number(root: Path, in_the_way: str) -> None:
    dropped(root, in_the_way, b"theirs")
    for name in ("L1/L2/a.png", "L1/L2/b.png"):
        dropped(root, name)
        assert DropFolder(root).put_away(name, seen(root, name), "done", DAY) is not None
    numbered = f"done/{DAY}/L1/L2".replace(in_the_way, f"{in_the_way}-2", 1)
    assert tree(root) == {in_the_way: b"theirs", f"{numbered}/a.png": b"picture", f"{numbered}/b.png": b"picture"}


def test_a_link_in_place_of_a_folder_is_not_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (root / "done").mkdir()
    (root / "done" / DAY).symlink_to(tmp_path / "outside")
    dropped(root, "a.png")
    place = DropFolder(root).put_away("a.png", seen(root, "a.png"), "done", DAY)
    assert place == root / "done" / f"{DAY}-2" / "a.png"
    assert list((tmp_path / "outside").iterdir()) == []


def mounted(folder: Path) -> Path:
    """Put another disk at a folder, where this may be done."""
    folder.mkdir(parents=True)
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run([mount, "-t", "tmpfs", "none", folder], check=False, capture_output=True).returncode
    ):
        pytest.skip("nothing can be mounted here")
    return folder


def test_another_disk_in_the_folder_is_left_and_one_to_put_away_on_is_told(root: Path) -> None:
    disk = mounted(root / "L1")
    try:
        dropped(root, "L1/a.png")
        dropped(root, "L2/a.png")
        assert list(dict(DropFolder(root).scan())) == ["L2/a.png"]
        assert DropFolder(root).can_be_emptied() == ""
    finally:
        subprocess.run(["umount", disk], check=True)
    disk = mounted(root / "done")
    try:
        assert "another disk" in DropFolder(root).can_be_emptied()
    finally:
        subprocess.run(["umount", disk], check=True)


def test_what_is_refused_has_a_note_beside_it(root: Path) -> None:
    dropped(root, "a.png")
    DropFolder(root).put_away("a.png", seen(root, "a.png"), "refused", DAY, "why\n")
    assert tree(root) == {f"refused/{DAY}/a.png": b"picture", f"refused/{DAY}/a.png.txt": b"why\n"}


def test_a_name_that_is_taken_gets_a_number_and_nothing_is_written_over(root: Path) -> None:
    for number in range(3):
        dropped(root, "a.tar.png", bytes([number]))
        DropFolder(root).put_away("a.tar.png", seen(root, "a.tar.png"), "done", DAY)
    assert tree(root) == {f"done/{DAY}/a.tar{suffix}.png": bytes([n]) for n, suffix in enumerate(("", "-2", "-3"))}


@pytest.mark.parametrize("taken", ["a.png", "a.png.txt"])
def test_a_note_and_its_file_have_names_that_are_both_free(root: Path, taken: str) -> None:
    dropped(root, f"refused/{DAY}/{taken}", b"theirs")
    dropped(root, "a.png")
    DropFolder(root).put_away("a.png", seen(root, "a.png"), "refused", DAY, "why")
    assert tree(root) == {
        f"refused/{DAY}/{taken}": b"theirs",
        f"refused/{DAY}/a-2.png": b"picture",
        f"refused/{DAY}/a-2.png.txt": b"why",
    }


@pytest.mark.parametrize("letter", ["a", "é", "芯"])
def test_the_longest_name_has_room_for_a_number_and_a_note(root: Path, letter: str) -> None:
    name = letter * ((255 - 4) // len(letter.encode())) + ".png"
    for _ in range(2):
        dropped(root, name)
        place = DropFolder(root).put_away(name, seen(root, name), "refused", DAY, "why")
        assert place is not None
        assert place.suffix == ".png"
        assert len(place.name.encode()) <= LONGEST_NAME_BYTES
    assert len(tree(root)) == 4


def test_many_who_put_the_same_file_away_move_it_once(root: Path) -> None:
    dropped(root, "a.png")
    before = seen(root, "a.png")
    places = [DropFolder(root).put_away("a.png", before, "refused", DAY, "why") for _ in range(3)]
    assert [place is None for place in places] == [False, True, True]
    assert len(tree(root)) == 2


def test_what_cannot_be_moved_leaves_nothing_behind(root: Path) -> None:
    dropped(root, "a.png")
    (root / "done").write_text("not a folder")
    before = tree(root)
    with pytest.raises(OSError, match="done"):
        DropFolder(root).put_away("a.png", seen(root, "a.png"), "done", DAY)
    assert tree(root) == before


def test_a_folder_in_which_nothing_can_be_put_away_says_why(root: Path, tmp_path: Path) -> None:
    assert DropFolder(root).can_be_emptied() == ""
    (root / "done").mkdir()
    assert DropFolder(root).can_be_emptied() == ""
    (root / "refused").write_text("")
    assert "not a folder" in DropFolder(root).can_be_emptied()
    (root / "refused").unlink()
    (root / "refused").symlink_to(tmp_path)
    assert "is a link" in DropFolder(root).can_be_emptied()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to_says_so(root: Path) -> None:
    root.chmod(0o500)
    assert "cannot be written" in DropFolder(root).can_be_emptied()
    root.chmod(0o700)


def test_ten_thousand_files_are_seen(root: Path) -> None:
    for number in range(10_000):
        (root / f"{number}.png").touch()
    assert len(dict(DropFolder(root).scan())) == 10_000
