"""Uploads onto a disk that is full: refused, nothing half-written, and gone on with once there is room."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from data.folder_store import FolderStore
from data.incoming import Incoming
from data.store import key_of
from tests.dashboard.api.conftest import Kept
from tests.dashboard.api.forms import FORM, assert_problem, file, files_of, form, send, sha256, unseen
from tests.dashboard.api.tus import TUS, announce, patch
from tests.disks import at_most, disk_of
from workers.composition import Services

MEBIBYTE = 1 << 20
DISK_BYTES = 6 * MEBIBYTE


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with disk_of(DISK_BYTES, tmp_path / "disk") as disk:
        yield disk


@pytest.fixture(params=["incoming", "store", "both"])
def cramped(request: pytest.FixtureRequest, services: Services, small_disk: Path) -> Path:
    """Services of which one folder, or both, lie on the small disk."""
    if request.param != "store":
        services.incoming = Incoming(small_disk / "incoming", reserve_bytes=0)
    if request.param != "incoming":
        services.store = FolderStore(small_disk / "store")
    return small_disk


def lying(disk: Path) -> set[str]:
    return {str(path.relative_to(disk)) for path in disk.rglob("*") if path.is_file() and path.name != "rest"}


async def in_chunks(body: bytes) -> AsyncIterator[bytes]:
    """A body that does not say how long it is."""
    for start in range(0, len(body), 65536):
        yield body[start : start + 65536]


async def test_what_does_not_fit_is_refused_and_leaves_nothing_half_written(
    api: httpx.AsyncClient, services: Services, cramped: Path
) -> None:
    small, large = unseen(MEBIBYTE), unseen(DISK_BYTES)
    body = form(file("a.png", small), file("b.png", large))
    answer = await api.post("/v1/uploads", content=in_chunks(body), headers={**FORM, "Idempotency-Key": "k"})
    assert_problem(answer, 507, "store-full")
    assert lying(cramped) <= {f"store/{key_of(sha256(small))}"}
    assert await services.incoming.entries() == []
    (run,) = (await api.get("/v1/runs")).json()["items"]
    assert await files_of(api, run) == [("a.png", "stored", sha256(small)), ("b.png", "receiving", None)]
    grown = ("mount", "-o", f"remount,size={3 * DISK_BYTES}", str(cramped))
    await asyncio.to_thread(subprocess.run, grown, check=True)
    again = await send(api, file("a.png", small), file("b.png", large), key="k")
    assert (again.status_code, again.json()["id"], again.json()["state"]) == (202, run["id"], "stored")
    assert await services.store.get(sha256(large)) == large


async def test_a_disk_that_fills_while_a_piece_comes_keeps_what_fitted(
    api: httpx.AsyncClient, services: Services, small_disk: Path
) -> None:
    services.incoming = Incoming(small_disk / "incoming", reserve_bytes=0)
    data = unseen(5 * MEBIBYTE)
    url = await announce(api, len(data))
    (small_disk / "rest").write_bytes(bytes(3 * MEBIBYTE))
    assert_problem(await patch(api, url, data, 0), 507, "store-full")
    offset = int((await api.head(url, headers=TUS)).headers["upload-offset"])
    assert 0 < offset <= 3 * MEBIBYTE
    (small_disk / "rest").unlink()
    assert (await patch(api, url, data[offset:], offset)).headers["upload-offset"] == str(len(data))
    assert await services.store.get(sha256(data)) == data


async def test_an_upload_that_will_not_fit_is_refused_before_its_first_byte(
    api: httpx.AsyncClient, services: Services, kept: Kept, small_disk: Path
) -> None:
    before = await kept()
    services.incoming = Incoming(small_disk / "incoming", reserve_bytes=MEBIBYTE)
    answer = await api.post("/v1/uploads", headers={**TUS, "Upload-Length": str(DISK_BYTES)})
    assert_problem(answer, 507, "store-full")
    assert await kept() == before


async def test_a_quota_is_told_as_a_full_disk(api: httpx.AsyncClient, services: Services) -> None:
    with at_most(2 * MEBIBYTE):
        answer = await send(api, file("a.png", unseen(3 * MEBIBYTE)), key="k")
    assert_problem(answer, 507, "store-full")
    assert await services.incoming.entries() == []


async def test_an_upload_waits_out_a_store_that_is_full(
    api: httpx.AsyncClient, services: Services, small_disk: Path
) -> None:
    services.store = FolderStore(small_disk / "store")
    (small_disk / "rest").write_bytes(bytes(5 * MEBIBYTE))
    data = unseen(2 * MEBIBYTE)
    url = await announce(api, len(data))
    assert_problem(await patch(api, url, data, 0), 507, "store-full")
    assert_problem(await api.get(url, headers=TUS), 507, "store-full")
    (small_disk / "rest").unlink()
    view = (await api.get(url, headers=TUS)).json()
    assert (view["offset"], view["stored"]) == (len(data), True)
    assert await services.store.get(sha256(data)) == data
    assert await services.incoming.entries() == []
