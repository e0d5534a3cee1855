"""Which members of an archive are opened is said by its directory alone, before a byte is unpacked."""

from __future__ import annotations

from typing import Any

import pytest

from core.archive import (
    MAX_NAME,
    ArchiveLimits,
    Member,
    archive_kind,
    cleaned,
    is_noise,
    refuse_archive,
    refuse_member,
    twice,
)

LIMITS = ArchiveLimits(max_members=3, max_bytes=10_000, max_ratio=100)
MOST = 5_000


def member(name: str = "a.png", **fields: Any) -> Member:
    told = {"offset": 0, "packed_bytes": 90, "unpacked_bytes": 100, "method": 8, "flags": 0, **fields}
    return Member(name, **told)


def beside(*members: Member) -> list[Member]:
    """Members one behind the other, as an honest archive has them."""
    return [member(each.name, offset=at * 1000) for at, each in enumerate(members)]


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        pytest.param(b"PK\x03\x04rest", "zip", id="zip"),
        pytest.param(b"PK\x05\x06" + bytes(18), "zip", id="an empty zip"),
        pytest.param(b"7z\xbc\xaf\x27\x1c", "7z", id="7z"),
        pytest.param(b"Rar!\x1a\x07\x01\x00", "RAR", id="rar"),
        pytest.param(b"\x1f\x8b\x08", "gzip", id="gzip"),
        pytest.param(bytes(257) + b"ustar\x0000", "tar", id="tar"),
        pytest.param(b"\x89PNG\r\n\x1a\n", None, id="a picture"),
        pytest.param(b"", None, id="nothing"),
        pytest.param(b"PK", None, id="cut short"),
    ],
)
def test_an_archive_is_known_by_its_content(head: bytes, kind: str | None) -> None:
    assert archive_kind(head) == kind


@pytest.mark.parametrize(
    ("name", "noise"),
    [
        ("a.png", False),
        ("folder/", True),
        ("folder/a.png", False),
        ("__MACOSX/a.png", True),
        ("x/__MACOSX/._a.png", True),
        ("x\\__MACOSX\\a.png", True),
        ("__MACOSX.png", False),
        (".DS_Store", True),
        ("x/.ds_store", True),
        ("x/Thumbs.db", True),
        ("x/._a.png", True),
        ("_.png", False),
        ("", True),
    ],
)
def test_what_nobody_means_to_send_is_passed_over(name: str, noise: bool) -> None:
    assert is_noise(name) == noise


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        pytest.param("Tray 1/ätzung 🔬.png", "Tray 1/ätzung 🔬.png", id="letters and signs stay"),
        pytest.param("a\0b\n\x1b[31m.png", "ab[31m.png", id="control characters go"),
        pytest.param("a\u202egnp.exe", "agnp.exe", id="what turns the direction of writing goes"),
        pytest.param("\ud800a.png", "a.png", id="half a character goes"),
        pytest.param("\x07", "?", id="nothing left"),
        pytest.param("x" * 2000 + ".png", ("x" * 2000 + ".png")[-MAX_NAME:], id="the end of a long one stays"),
    ],
)
def test_a_name_is_kept_as_it_may_be_shown(name: str, kept: str) -> None:
    assert cleaned(name) == kept


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        pytest.param({"name": "/etc/passwd"}, "MEMBER_PATH", id="absolute"),
        pytest.param({"name": "\\\\host\\x.png"}, "MEMBER_PATH", id="of another machine"),
        pytest.param({"name": "C:\\x.png"}, "MEMBER_PATH", id="of a drive"),
        pytest.param({"name": "../x.png"}, "MEMBER_PATH", id="above"),
        pytest.param({"name": "a/../../x.png"}, "MEMBER_PATH", id="above, by a detour"),
        pytest.param({"name": "a\\..\\x.png"}, "MEMBER_PATH", id="above, with backslashes"),
        pytest.param({"mode": 0o120777}, "MEMBER_LINK", id="a link"),
        pytest.param({"mode": 0o010644}, "MEMBER_LINK", id="a pipe"),
        pytest.param({"flags": 0x1}, "MEMBER_ENCRYPTED", id="encrypted"),
        pytest.param({"flags": 0x41}, "MEMBER_ENCRYPTED", id="strongly encrypted"),
        pytest.param({"method": 14}, "MEMBER_UNSUPPORTED", id="LZMA, whose dictionary may be gigabytes"),
        pytest.param({"method": 99}, "MEMBER_UNSUPPORTED", id="an unknown method"),
        pytest.param({"unpacked_bytes": MOST + 1}, "IMAGE_TOO_LARGE", id="larger than any picture"),
        pytest.param({"unpacked_bytes": 901, "packed_bytes": 9}, "MEMBER_BOMB", id="far more than was packed"),
        pytest.param({"unpacked_bytes": 101, "packed_bytes": 0}, "MEMBER_BOMB", id="something from nothing"),
    ],
)
def test_a_member_that_breaks_a_rule_is_refused_alone(broken: dict[str, Any], code: str) -> None:
    refusal = refuse_member(member(**broken), LIMITS, MOST)
    assert refusal is not None
    assert refusal.code == code
    assert refusal.detail.endswith(".")


@pytest.mark.parametrize(
    "fine",
    [
        {},
        {"name": "a/b/..c/d..png"},
        {"mode": 0o100644},
        {"method": 0},
        {"flags": 0x800},
        {"unpacked_bytes": MOST},
        {"unpacked_bytes": 900, "packed_bytes": 9},
        {"unpacked_bytes": 0, "packed_bytes": 0},
    ],
    ids=str,
)
def test_a_member_that_keeps_the_rules_is_opened(fine: dict[str, Any]) -> None:
    assert refuse_member(member(**fine), LIMITS, MOST) is None


@pytest.mark.parametrize(
    ("members", "archive_bytes", "code"),
    [
        pytest.param(beside(member()), 1000, None, id="one"),
        pytest.param([], 22, None, id="none"),
        pytest.param(beside(*[member()] * 3), 1000, None, id="as many as may be"),
        pytest.param(beside(*[member()] * 4), 1000, "ARCHIVE_TOO_MANY", id="one too many"),
        pytest.param([member(unpacked_bytes=10_001)], 9_999, "ARCHIVE_TOO_LARGE", id="too much unpacked"),
        pytest.param([member(unpacked_bytes=10_000)], 99, "ARCHIVE_BOMB", id="a hundred times its size and more"),
        pytest.param([member(unpacked_bytes=9_900)], 99, None, id="a hundred times its size"),
        pytest.param([member(), member("b.png")], 1000, "ARCHIVE_OVERLAPS", id="two names for the same bytes"),
        pytest.param(
            [member(packed_bytes=90), member("b.png", offset=119)], 1000, "ARCHIVE_OVERLAPS", id="over by a byte"
        ),
        pytest.param([member("b.png", offset=120), member(packed_bytes=90)], 1000, None, id="close, in any order"),
    ],
)
def test_an_archive_is_refused_whole_where_its_directory_cannot_be_believed(
    members: list[Member], archive_bytes: int, code: str | None
) -> None:
    refusal = refuse_archive(members, archive_bytes, LIMITS)
    assert (refusal.code if refusal else None) == code


def test_the_second_of_two_of_one_name_is_told() -> None:
    assert twice([member("a"), member("b"), member("a"), member("a")]) == {2, 3}


def test_limits_below_one_are_no_limits() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        ArchiveLimits(0, 1, 1)
