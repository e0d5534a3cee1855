"""Archives as real programs write them, and as they come when they are damaged: opened, or refused with a reason."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.archive import ArchiveLimits
from data.errors import StoreError
from tests.workers.run_probe import zipped
from tests.workers.zip_bytes import Entry, built, streamed
from workers import archives
from workers.archives import Archive, FileRefused, opened

LIMITS = ArchiveLimits(max_members=1000, max_bytes=10_000_000, max_ratio=100)
MOST = 5_000
DATA = b"not looked at here"
PASSWORD = b"secret"

Told = list[tuple[str, bytes | str]]


def told(archive: bytes, folder: Path) -> Told:
    """Name, and bytes or the code of the refusal, of every member; a file on a disk says more than one in memory."""
    path = folder / "x.zip"
    path.write_bytes(archive)
    with path.open("rb") as file, opened(file, LIMITS, MOST) as held:
        return [(member.name, read(held, place)) for place, member in enumerate(held.members)]


def read(archive: Archive, place: int) -> bytes | str:
    try:
        return archive.read(place)
    except FileRefused as error:
        return error.code if error.detail.endswith(".") else error.detail


GOOD = Entry(b"good.png", DATA)

HANDLED: tuple[tuple[str, bytes, Told], ...] = (
    ("encrypted", built([Entry(b"a", DATA, password=PASSWORD), GOOD]), [("a", "MEMBER_ENCRYPTED"), ("good.png", DATA)]),
    (
        "encrypted, and its directory denies it",
        built([Entry(b"a", DATA, password=PASSWORD), GOOD]).replace(
            b"PK\1\2\x14\3\x14\0\1", b"PK\1\2\x14\3\x14\0\0", 1
        ),
        [("a", "MEMBER_DAMAGED"), ("good.png", DATA)],
    ),
    (
        "a symbolic link",
        built([Entry(b"a", b"/etc/passwd", mode=0o120777), GOOD]),
        [("a", "MEMBER_LINK"), ("good.png", DATA)],
    ),
    ("modes of a system that has none", built([Entry(b"a", DATA, mode=0o120777, system=0)]), [("a", DATA)]),
    (
        "a directory, and what lies in it",
        built([Entry(b"d/", b"", mode=0o040755), Entry(b"d/a", DATA)]),
        [("d/a", DATA)],
    ),
    ("streamed", streamed([Entry(b"a", DATA), GOOD]), [("a", DATA), ("good.png", DATA)]),
    ("a comment behind it", built([GOOD], comment=b"made by hand"), [("good.png", DATA)]),
    ("a program before it", built([GOOD], before=b"MZ" + bytes(5000)), [("good.png", DATA)]),
    ("a name in code page 437", built([Entry(b"\x84tzung.png", DATA)]), [("ätzung.png", DATA)]),
    ("a name in UTF-8", built([Entry("Größe 🔬.png".encode(), DATA, flags=0x800)]), [("Größe 🔬.png", DATA)]),
    (
        "names with backslashes",
        built([Entry(b"Tray 1\\a.png", DATA), Entry(b"Tray 1\\", b"")]),
        [("Tray 1\\a.png", DATA)],
    ),
    ("a name that ends at a zero", built([Entry(b"a.png\0.exe", DATA)]), [("a.png", DATA)]),
    ("two of one name", built([GOOD, GOOD]), [("good.png", DATA), ("good.png", "MEMBER_TWICE")]),
    ("no members", built([]), []),
    ("a zip in it", built([Entry(b"a.zip", built([GOOD])), GOOD]), [("a.zip", "NESTED_ARCHIVE"), ("good.png", DATA)]),
    ("packed by a method to come", built([Entry(b"a", DATA, method=99)]), [("a", "MEMBER_UNSUPPORTED")]),
    ("its bytes as they are", built([Entry(b"a", DATA, method=0)]), [("a", DATA)]),
)


@pytest.mark.parametrize(("archive", "expected"), [pytest.param(*row[1:], id=row[0]) for row in HANDLED])
def test_what_can_be_opened_is_and_the_rest_is_refused_one_by_one(
    tmp_path: Path, archive: bytes, expected: Told
) -> None:
    assert told(archive, tmp_path) == expected


def test_the_encryption_that_is_refused_is_the_real_one() -> None:
    """Else a refusal would say nothing: who knows the password reads it."""
    with zipfile.ZipFile(io.BytesIO(built([Entry(b"a", DATA, password=PASSWORD)]))) as archive:
        assert archive.read("a", pwd=PASSWORD) == DATA
        with pytest.raises(RuntimeError):
            archive.read("a")


def test_large_forms_are_opened_as_others_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Zip64: the archive says its sizes and counts in 64 bits, in records of their own."""
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive, archive.open("a", "w", force_zip64=True) as member:
        member.write(DATA)
    assert b"PK\6\6" in held.getvalue()
    assert told(held.getvalue(), tmp_path) == [("a", DATA)]


WHOLE = zipped({"a.png": DATA, "Tray 1/b.png": DATA * 3})


def test_an_archive_cut_off_anywhere_is_refused_whole(tmp_path: Path) -> None:
    for end in range(len(WHOLE)):
        with pytest.raises(FileRefused) as refused:
            told(WHOLE[:end], tmp_path)
        assert refused.value.code == "ARCHIVE_DAMAGED"


def test_an_archive_whose_end_is_there_and_whose_directory_is_not_is_refused_whole(tmp_path: Path) -> None:
    begin, end = WHOLE.index(b"PK\1\2"), WHOLE.index(b"PK\5\6")
    for cut in range(begin, end):
        with pytest.raises(FileRefused) as refused:
            told(WHOLE[:cut] + WHOLE[end:], tmp_path)
        assert refused.value.code == "ARCHIVE_DAMAGED"


CHANGES: dict[str, Callable[[int], int]] = {
    "inverted": lambda byte: byte ^ 0xFF,
    "its lowest bit": lambda byte: byte ^ 1,
    "its highest bit": lambda byte: byte ^ 0x80,
    "zero": lambda byte: 0,
    "full": lambda byte: 0xFF,
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_byte_is_wrong_nothing_is_raised_but_a_refusal(tmp_path: Path, change: str) -> None:
    """Above all no OSError: it would pass for a database that is away, and the archive be tried for ever."""
    outcomes = set()
    for at, byte in enumerate(WHOLE):
        try:
            found = told(WHOLE[:at] + bytes([CHANGES[change](byte)]) + WHOLE[at + 1 :], tmp_path)
            outcomes |= {outcome for _, outcome in found if isinstance(outcome, str)}
            assert {outcome for _, outcome in found if isinstance(outcome, bytes)} <= {DATA, DATA * 3}
        except FileRefused as error:
            outcomes.add(error.code)
    assert "ARCHIVE_DAMAGED" in outcomes


@pytest.mark.parametrize("offset", [0, 1, 2**31, 2**32 - 2], ids=hex)
def test_a_directory_said_to_lie_elsewhere_is_refused_or_found(tmp_path: Path, offset: int) -> None:
    lying = bytearray(WHOLE)
    end = WHOLE.index(b"PK\5\6")
    struct.pack_into("<L", lying, end + 16, offset)
    try:
        outcomes = {outcome for _, outcome in told(bytes(lying), tmp_path)}
    except FileRefused as error:
        outcomes = {error.code}
    assert outcomes <= {"ARCHIVE_DAMAGED", "MEMBER_DAMAGED"}


def test_a_directory_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    lying = bytearray(WHOLE)
    struct.pack_into("<LL", lying, WHOLE.index(b"PK\5\6") + 12, archives.MAX_DIRECTORY_BYTES + 1, 0)
    with pytest.raises(FileRefused, match="damaged"):
        told(bytes(lying), tmp_path)


def test_a_member_that_gives_more_than_it_said_is_no_picture(tmp_path: Path) -> None:
    said = bytearray(built([Entry(b"a", DATA * 500), GOOD]))
    for header, place in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<L", said, said.index(header) + place, 10)
    assert told(bytes(said), tmp_path) == [("a", "MEMBER_DAMAGED"), ("good.png", DATA)]


def test_a_store_that_fails_in_the_middle_says_nothing_of_the_archive(tmp_path: Path) -> None:
    class Fails(io.BytesIO):
        broken = False

        def read(self, size: int | None = -1) -> bytes:
            if self.broken:
                raise OSError(5, "Input/output error")
            return super().read(size)

    file = Fails(WHOLE)
    with opened(file, LIMITS, MOST) as held:
        file.broken = True
        with pytest.raises(StoreError):
            held.read(0)
    with pytest.raises(StoreError), opened(file, LIMITS, MOST):
        pass
