"""A form taken apart as it comes: the same parts, however its bytes are cut; and names of files."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.api.errors import ApiProblem
from dashboard.api.multipart import parts
from dashboard.api.upload import MAX_PATH, UNNAMED, path_name
from tests.dashboard.api.forms import field, file, form

KIND = "multipart/form-data; boundary=b"
BODY = form(
    field("label", "Reel 7"),
    file("ü 😀.png", b"bytes"),
    file("empty", b""),
    file("", b"", part="image"),
    file("headers", b"x", headers="Content-Type: image/png\r\nX-Odd: ü\r\n"),
    file("tricky", b"a\r\n--c\r\n--\r\n\r\nb\r--b\n--b"),
)
PARTS = [
    ("label", None, b"Reel 7"),
    ("files", "ü 😀.png", b"bytes"),
    ("files", "empty", b""),
    ("image", "", b""),
    ("files", "headers", b"x"),
    ("files", "tricky", b"a\r\n--c\r\n--\r\n\r\nb\r--b\n--b"),
]


async def chunked(data: bytes, cuts: list[int]) -> AsyncIterator[bytes]:
    edges = [0, *sorted(cuts), len(data)]
    for start, end in pairwise(edges):
        if data[start:end]:
            yield data[start:end]


async def taken(data: bytes, cuts: list[int], kind: str = KIND) -> list[tuple[str, str | None, bytes]]:
    found = []
    async for part in parts(kind, chunked(data, cuts)):
        found.append((part.name, part.file_name, b"".join([chunk async for chunk in part.chunks])))
    return found


@given(cuts=st.lists(st.integers(0, len(BODY)), max_size=60))
@settings(max_examples=150, deadline=None)
async def test_parts_are_the_same_however_the_bytes_are_cut(cuts: list[int]) -> None:
    assert await taken(BODY, cuts) == PARTS


async def test_parts_are_the_same_byte_by_byte() -> None:
    assert await taken(BODY, list(range(len(BODY)))) == PARTS


@given(
    data=st.binary(max_size=300).filter(lambda data: b"\r\n--b" not in b"\r\n" + data),
    cuts=st.lists(st.integers(0, 400)),
)
@settings(max_examples=150, deadline=None)
async def test_any_bytes_come_through(data: bytes, cuts: list[int]) -> None:
    assert await taken(form(file("a", data)), cuts) == [("files", "a", data)]


@pytest.mark.parametrize("end", range(len(BODY) - 2))
async def test_a_form_that_ends_before_its_end_is_broken(end: int) -> None:
    with pytest.raises(ApiProblem) as refusal:
        await taken(BODY[:end], [])
    assert refusal.value.code == "multipart-invalid"


async def test_what_is_left_of_a_part_is_thrown_away() -> None:
    names = [part.file_name async for part in parts(KIND, chunked(BODY, list(range(len(BODY)))))]
    assert names == [name for _, name, _ in PARTS]


async def test_what_stands_before_and_behind_a_form_is_no_part_of_it() -> None:
    assert await taken(BODY + b"epilogue" * 100, [50]) == PARTS


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", f"multipart/form-data; boundary={'b' * 257}"]
)
async def test_a_form_without_a_boundary_is_broken(kind: str) -> None:
    with pytest.raises(ApiProblem, match="cannot be read"):
        await taken(BODY, [], kind)


@pytest.mark.parametrize(
    "head",
    ["X: y\r\n", "Content-Disposition: form-data\r\n", "Content-Disposition: attachment; name=a\r\n",
     'Content-Disposition: form-data; filename="a"\r\n'],
)  # fmt: skip
async def test_a_part_without_a_name_is_broken(head: str) -> None:
    with pytest.raises(ApiProblem, match="has no name"):
        await taken(f"--b\r\n{head}\r\nx\r\n--b--\r\n".encode(), [])


def test_a_long_name_that_is_cut_leads_nowhere_else() -> None:
    assert path_name("x../" + "a" * (MAX_PATH - 3)) == "a" * (MAX_PATH - 3)
    assert path_name("/.." * 3 + "x/" + "b" * MAX_PATH) == "b" * MAX_PATH


ODD = ["..", "/", "\\", "\x00", "\x1f", "\x7f", "\ud800", "\udfff"]
NAMES = st.lists(st.text(max_size=200) | st.sampled_from(ODD), max_size=20).map("".join)


@given(NAMES)
@settings(max_examples=300)
def test_a_name_with_folders_can_lead_nowhere_else(name: str) -> None:
    kept = path_name(name)
    assert 0 < len(kept) <= MAX_PATH
    assert not kept.startswith("/")
    assert not {"..", "."} & set(kept.split("/"))
    assert re.findall(r"[\x00-\x1f\x7f\ud800-\udfff\\]", kept) == []
    assert kept == UNNAMED or set(kept) <= {*name, "/"}
