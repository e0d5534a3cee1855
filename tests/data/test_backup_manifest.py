"""A manifest comes back as it was written, and anything else is told by words; its digest is in the backup's name."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from data.backup_manifest import FORMAT, Manifest, manifest_of, name_of
from data.errors import BackupDamaged, BackupError
from tests.data.backup_rows import manifest


def test_it_comes_back_as_it_was_written() -> None:
    assert manifest_of(manifest().to_bytes()) == manifest()


def test_it_says_how_many_rows_there_are() -> None:
    assert (manifest().rows, manifest().rows_of("audit.entries"), manifest().rows_of("results")) == (3, 3, 0)


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="with its zone"):
        manifest(made_at=datetime(2026, 3, 5))  # noqa: DTZ001


def test_its_name_is_its_moment_and_the_beginning_of_its_digest() -> None:
    data = manifest().to_bytes()
    name = name_of(manifest(), data)
    assert name.startswith("20260305T120000Z-")
    assert name_of(manifest(), data.replace(b'"workers"', b'"worker_"')) != name


def changed(**changes: object) -> bytes:
    return json.dumps({**json.loads(manifest().to_bytes()), **changes}).encode()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(manifest().to_bytes()[:-40], id="cut short"),
        pytest.param(b"[]", id="another document"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(changed(made_at="yesterday"), id="no moment"),
        pytest.param(changed(tables=[{}]), id="no table"),
        pytest.param(changed(anchors=[1]), id="no anchors"),
        pytest.param(changed(format="x"), id="no format"),
    ],
)
def test_what_is_no_manifest_is_told(data: bytes) -> None:
    with pytest.raises(BackupDamaged, match="damaged or cut short"):
        manifest_of(data)


def test_one_of_a_newer_program_is_told_apart_from_a_damaged_one() -> None:
    with pytest.raises(BackupError, match="newer Marksight") as caught:
        manifest_of(changed(format=FORMAT + 1))
    assert not isinstance(caught.value, BackupDamaged)


def test_it_is_read_by_people_too() -> None:
    assert isinstance(manifest(), Manifest)
    assert b'\n "blob_bytes": 9,\n' in manifest().to_bytes()
