"""Which members of an archive are opened, which are passed over, and which are refused, before any is unpacked.

1. Nothing of an archive is ever written under the name it gives; names are looked at all the same, because an archive
   that tries to leave its folder was made to do harm, or by mistake.
2. What an archive says of its sizes is checked first, and binds: no member gives more bytes than it declared.
3. A member that breaks a rule is refused alone. The archive is refused as a whole where its directory itself cannot be
   believed: members that overlap, too many of them, or far more bytes than there is archive for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

STORED, DEFLATED = 0, 8
ENCRYPTED = 0x1 | 0x40
FILE_TYPE, REGULAR = 0o170000, 0o100000
"""Of `st_mode` (POSIX): the bits that say what kind of file it is, and those of a plain one."""

LOCAL_HEADER_BYTES = 30
"""The least that stands before a member's bytes (APPNOTE 4.3.7)."""

MAX_NAME = 1024

NOISE_FOLDERS = frozenset({"__MACOSX", ".Spotlight-V100", ".Trashes", "$RECYCLE.BIN", "System Volume Information"})
NOISE_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini", ".localized"})
NOISE_PREFIX = "._"

# (offset, bytes found there) -> what it is; of what was packed within an archive, or sent in place of one.
ARCHIVES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"PK\x03\x04", "zip"),
    (0, b"PK\x05\x06", "zip"),
    (0, b"PK\x07\x08", "zip"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"Rar!\x1a\x07", "RAR"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"BZh", "bzip2"),
    (0, b"\xfd7zXZ\0", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "zstd"),
    (257, b"ustar", "tar"),
)
HEAD_BYTES = 512
"""Enough of a file's beginning to tell what it is."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Bounds an archive must keep: members, bytes once unpacked, and how many times more these are than its own."""

    max_members: int
    max_bytes: int
    max_ratio: float

    def __post_init__(self) -> None:
        if min(self.max_members, self.max_bytes, self.max_ratio) < 1:
            raise ValueError(f"expected limits of at least 1, got {self}")


@dataclass(frozen=True, slots=True)
class Member:
    """What an archive's directory says of a member; `mode` are the bits of `st_mode`, 0 where it says none."""

    name: str
    offset: int
    packed_bytes: int
    unpacked_bytes: int
    method: int
    flags: int
    mode: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file, a member or a whole archive is not opened: a stable code, and what to do, in words."""

    code: str
    detail: str


def archive_kind(head: bytes) -> str | None:
    """Return what kind of archive begins with `head` (at least `HEAD_BYTES` of it), or None."""
    return next((kind for at, mark, kind in ARCHIVES if head[at : at + len(mark)] == mark), None)


def is_noise(name: str) -> bool:
    """Tell whether a name is a folder, or what an operating system leaves beside files: nobody means to send it."""
    *folders, last = _parts(name)
    return not last or not NOISE_FOLDERS.isdisjoint(folders) or _is_noise_file(last)


def _is_noise_file(name: str) -> bool:
    return name.lower() in NOISE_FILES or name.startswith(NOISE_PREFIX)


def cleaned(name: str) -> str:
    """Return a name as it may be kept and shown: without control characters and halves of characters, and bounded."""
    shown = "".join(letter for letter in name if letter.isprintable()).encode("utf-8", "ignore").decode()
    return shown[-MAX_NAME:] or "?"


def refuse_archive(members: Sequence[Member], archive_bytes: int, limits: ArchiveLimits) -> Refusal | None:
    """Return why an archive is refused as a whole, or None."""
    if len(members) > limits.max_members:
        return Refusal(
            "ARCHIVE_TOO_MANY",
            f"The archive holds {len(members):,} files; at most {limits.max_members:,} are opened. Send it in parts.",
        )
    unpacked = sum(member.unpacked_bytes for member in members)
    if unpacked > limits.max_bytes:
        return Refusal(
            "ARCHIVE_TOO_LARGE",
            f"The archive unpacks to {unpacked:,} bytes; at most {limits.max_bytes:,} are. Send it in parts.",
        )
    if unpacked > archive_bytes * limits.max_ratio:
        return Refusal("ARCHIVE_BOMB", _ratio_words("The archive", unpacked, archive_bytes, limits))
    if _overlap(members):
        return Refusal("ARCHIVE_OVERLAPS", "Members of the archive lie over each other, as in one made to do harm.")
    return None


def refuse_member(member: Member, limits: ArchiveLimits, max_bytes: int) -> Refusal | None:
    """Return why a member is not unpacked, or None; `max_bytes` is the most a picture may have."""
    size, packed = member.unpacked_bytes, member.packed_bytes
    broken = (
        (_leaves(member.name), "MEMBER_PATH", "Its name leaves the archive's folder; pack it anew with plain names."),
        (not _is_plain(member.mode), "MEMBER_LINK", "It is a link or a device, not a file; pack the file itself."),
        (member.flags & ENCRYPTED, "MEMBER_ENCRYPTED", "It is encrypted; pack it without a password."),
        (
            member.method not in {STORED, DEFLATED},
            "MEMBER_UNSUPPORTED",
            "It is packed by a method that is not accepted; pack it by Deflate.",
        ),
        (size > max_bytes, "IMAGE_TOO_LARGE", f"It has {size:,} bytes; at most {max_bytes:,} are accepted."),
        (size > max(packed, 1) * limits.max_ratio, "MEMBER_BOMB", _ratio_words("It", size, packed, limits)),
    )
    return next((Refusal(code, detail) for fault, code, detail in broken if fault), None)


def twice(members: Sequence[Member]) -> frozenset[int]:
    """Return the places of members whose name a member before them has: which of them is meant cannot be told."""
    first: dict[str, int] = {}
    return frozenset(at for at, member in enumerate(members) if first.setdefault(member.name, at) != at)


def _overlap(members: Sequence[Member]) -> bool:
    spans = sorted((member.offset, member.offset + LOCAL_HEADER_BYTES + member.packed_bytes) for member in members)
    return any(end > begin for (_, end), (begin, _) in pairwise(spans))


def _leaves(name: str) -> bool:
    plain = name.replace("\\", "/")
    return plain.startswith("/") or plain[1:2] == ":" or ".." in plain.split("/")


def _is_plain(mode: int) -> bool:
    return mode & FILE_TYPE in {0, REGULAR}


def _parts(name: str) -> list[str]:
    return name.replace("\\", "/").split("/")


def _ratio_words(what: str, unpacked: int, packed: int, limits: ArchiveLimits) -> str:
    times = unpacked / max(packed, 1)
    return f"{what} unpacks to {times:,.0f} times its size; at most {limits.max_ratio:g} times is opened."
