"""The peer works as its users would have it: a job a photo, each result in Redis."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis
from rq import Queue
from rq.registry import FinishedJobRegistry

from data import bundled
from workers.bench import plain_rq
from workers.bench.report import BenchUnable

RECIPE = next(iter(bundled.recipes().values()))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(bundled.samples()[0].read())
    return path


def test_a_job_inspects_one_photo_from_the_disk(photo: Path) -> None:
    sample = bundled.samples()[0]
    found = plain_rq.inspect_file(str(photo), bundled.recipes()[sample.recipe].to_document())
    assert found["verdict"] == "pass"


async def test_every_photo_has_its_result_in_redis(valkey: str, photo: Path, tmp_path: Path) -> None:
    client = Redis.from_url(valkey)
    client.flushall()
    assert await plain_rq.burst_s(valkey, [photo, photo], RECIPE, workers=1, folder=tmp_path) > 0
    queue = Queue(plain_rq.QUEUE, connection=client)
    done = [queue.fetch_job(name) for name in FinishedJobRegistry(queue=queue).get_job_ids()]
    assert [bool(job and job.return_value()["verdict"]) for job in done] == [True] * 4, "two to warm up, two measured"
    client.close()


async def test_a_photo_that_fails_is_no_figure(valkey: str, tmp_path: Path) -> None:
    (tmp_path / "no.jpg").write_bytes(b"no picture")
    with pytest.raises(BenchUnable, match="plain RQ failed on a photo"):
        await plain_rq.burst_s(valkey, [tmp_path / "no.jpg"], RECIPE, workers=1, folder=tmp_path)
