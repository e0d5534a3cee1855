"""Anchors in a bucket, on a real server that speaks S3."""

from __future__ import annotations

import asyncio

import pytest

from data import bucket_store
from data.anchor_bucket import AnchorBucket
from data.errors import AnchorError, AnchorTaken
from tests.bucket_server import BUCKET, Bucket


@pytest.fixture
def place(bucket: Bucket) -> AnchorBucket:
    return AnchorBucket.at(BUCKET, "plant-1", endpoint=bucket.endpoint)


async def test_what_was_added_is_read_and_stays(place: AnchorBucket, bucket: Bucket) -> None:
    assert await place.numbers() == []
    for number in range(1, 121):  # more than come in one piece
        await place.add(number, f"{number}".encode())
    with pytest.raises(AnchorTaken, match="Anchor 7 lies in s3://pictures/plant-1 already"):
        await place.add(7, b"another")
    assert await place.read(7) == b"7"
    assert await place.numbers() == list(range(1, 121))
    assert await AnchorBucket.at(BUCKET, "plant-2", endpoint=bucket.endpoint).numbers() == []


async def test_of_many_at_once_one_is_kept(place: AnchorBucket) -> None:
    sent = [bytes([number]) for number in range(8)]
    came = await asyncio.gather(*(place.add(1, data) for data in sent), return_exceptions=True)
    assert [data for data, result in zip(sent, came, strict=True) if result is None] == [await place.read(1)]


async def test_one_that_is_not_there_is_said(place: AnchorBucket) -> None:
    with pytest.raises(AnchorError, match="Anchor 3 cannot be read from s3://pictures/plant-1"):
        await place.read(3)


async def test_a_bucket_that_is_away_is_said(
    place: AnchorBucket, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket_store, "MAX_RETRIES", 0)
    impatient = AnchorBucket.at(BUCKET, "plant-1", endpoint=bucket.endpoint)
    await bucket.end()
    for asked in (impatient.numbers(), impatient.read(1), impatient.add(1, b"x")):
        with pytest.raises(AnchorError, match="s3://pictures/plant-1"):
            await asked
    await bucket.start()


async def test_a_bucket_that_is_not_there_is_said(bucket: Bucket) -> None:
    place = AnchorBucket.at("nobody-made-it", endpoint=bucket.endpoint)
    with pytest.raises(AnchorError, match="s3://nobody-made-it"):
        await place.add(1, b"x")
