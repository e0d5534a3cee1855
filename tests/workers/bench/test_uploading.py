"""The bench of uploads sends what it says, to a real server, and says so when it cannot."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from workers.bench import program, uploading
from workers.bench.report import BenchUnable
from workers.bench.uploading import BLOCK_BYTES, Uploaded, blocks, metrics


@pytest.mark.parametrize("byte_count", [0, 1, BLOCK_BYTES, BLOCK_BYTES + 1, 5 * BLOCK_BYTES - 3])
def test_as_many_bytes_are_made_as_were_asked_for(byte_count: int) -> None:
    made = list(blocks(byte_count))
    assert sum(len(block) for block in made) == byte_count
    assert len(set(made)) == len(made), "no two blocks are the same"


def test_figures_are_in_megabytes() -> None:
    seen = Uploaded(2_000_000_000, upload_s=10.0, alone_s=4.0, before_rss_bytes=150_000_000, peak_rss_bytes=180_000_000)
    assert metrics(seen) == {
        "upload_mb_per_s": 200.0,
        "plain_write_mb_per_s": 500.0,
        "upload_rest_rss_mb": 150.0,
        "upload_peak_rss_mb": 180.0,
    }


async def test_an_upload_is_measured_and_kept_whole_and_the_program_ends_with_the_block() -> None:
    with program.scratch_home() as home:
        async with program.running(home, workers=1) as up:
            seen = await uploading.measure(up.url, home, byte_count=20_000_000)
            async with httpx.AsyncClient(base_url=up.url) as client:
                newest = (await client.get("/v1/runs")).json()["items"][0]
                (file,) = (await client.get(f"{newest['url']}/files")).json()["items"]
        with pytest.raises(httpx.ConnectError):
            await asyncio.to_thread(httpx.get, f"{up.url}/health")
        assert up.start_s > 0
        assert file["bytes"] == 20_000_000
        assert 0 < seen.before_rss_bytes <= seen.peak_rss_bytes
        assert min(seen.upload_s, seen.alone_s) > 0
        assert not (home / "alone").exists()


async def test_without_a_server_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(BenchUnable, match="no server runs"):
        await uploading.measure("http://127.0.0.1:1", tmp_path)
