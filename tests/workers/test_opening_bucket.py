"""Files of runs that lie in a bucket, on a real server that speaks S3: opened there, and awaited while it is away."""

from __future__ import annotations

import os
from typing import Any

import cv2
import numpy as np
import pytest

from tests.bucket_server import BUCKET, Bucket
from tests.workers.conftest import Composed
from tests.workers.queue_probe import picture
from tests.workers.run_probe import files, inspections, pictures, shown, stored_run, zipped
from workers import opening, opening_archive
from workers.composition import Services
from workers.opening import open_files


@pytest.fixture
def services(composed: Composed, bucket: Bucket) -> Services:
    return composed(store_url=f"s3://{BUCKET}/plant-1?endpoint={bucket.endpoint}", max_attempts=1)


async def test_what_lies_in_a_bucket_is_opened_as_from_a_folder(services: Services) -> None:
    members = {**pictures(20), "words.txt": b"words", "large.bmp": bytes(200_000)}
    run_id = await stored_run(services, {"lot.zip": zipped(members), "a.png": picture(), "b.txt": b"words"})
    assert await open_files(services, seconds=60) == 24
    found = {each.name: each.error.code if each.error else each.state for each in await files(services, run_id)}
    assert found == {
        "lot.zip": "opened",
        "a.png": "opened",
        "b.txt": "NOT_AN_IMAGE",
        "words.txt": "NOT_AN_IMAGE",
        "large.bmp": "MEMBER_BOMB",
        **dict.fromkeys(pictures_of(members), "opened"),
    }
    made = await inspections(services, run_id)
    assert [each.file_name for each in made] == [*pictures_of(members), "a.png"]
    for file in await files(services, run_id, state="opened"):
        assert file.address is not None
        assert await services.store.get(file.address)


def pictures_of(members: dict[str, bytes]) -> list[str]:
    return [name for name in members if name.startswith("part-")]


def noise() -> bytes:
    """A picture of a quarter of a megabyte: an archive of some is more than is read of it ahead."""
    pixels = np.frombuffer(os.urandom(300 * 300 * 3), np.uint8).reshape(300, 300, 3)
    return cv2.imencode(".png", pixels)[1].tobytes()


@pytest.mark.parametrize("member", ["_deal", "_write"])
async def test_an_archive_whose_bucket_goes_away_in_its_middle_waits_and_goes_on(
    services: Services, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, member: str
) -> None:
    """Nothing is refused for what the store does: neither while members are read, nor while they are kept."""
    monkeypatch.setattr(opening_archive, "SLICE_MEMBERS", 2)
    monkeypatch.setattr(opening, "rest_s", lambda attempts: 0.0)
    archive = zipped([(f"{number}.png", noise()) for number in range(12)], method=0)
    run_id = await stored_run(services, {"lot.zip": archive})
    working, calls = getattr(opening_archive._Way, member), 0

    async def then_it_is_gone(self: Any, told: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            await bucket.end()
        return await working(self, told)

    monkeypatch.setattr(opening_archive._Way, member, then_it_is_gone)
    await open_files(services, seconds=1.0)
    before = await inspections(services, run_id)
    (lot, *members) = await files(services, run_id)
    assert (lot.state, len(members)) == ("stored", len(before))
    assert 0 < len(before) < 12
    await bucket.start()
    await services.store.put(archive)
    assert await open_files(services, seconds=60) == 12 - len(before)
    assert await files(services, run_id, state="refused") == []
    assert len({each.file_name for each in await inspections(services, run_id)}) == 12
    assert (await shown(services, run_id)).state == "queued"
