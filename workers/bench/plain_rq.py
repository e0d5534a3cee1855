"""The peer of our queue: plain RQ, one job a photo, on the same Redis, with the same engines.

`python -m workers.bench.plain_rq REDIS_URL` is one of its workers: RQ's own, which forks for every job. Its engines are
loaded before the first fork, as RQ's manual advises; the photo is read from the disk, and the result lies in Redis.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from redis import Redis
from rq import Queue, Worker
from rq.registry import FailedJobRegistry, FinishedJobRegistry

from core import evidence
from core.engines import Engines
from core.image import decode
from core.inspection import inspect
from core.recipe import Recipe
from workers.bench import free_reader
from workers.bench.reading import LIMITS
from workers.bench.report import BenchUnable
from workers.child import Child, Program
from workers.parts import WORKER_NICE
from workers.readers import catalogue

QUEUE = "plain"
POLL_S = 0.02
PATIENCE_S = 300.0


@cache
def _engines(*, free: bool) -> Engines:
    if free:
        return free_reader.engines()
    return Engines({catalogue.DEFAULT: catalogue.build(catalogue.DEFAULT)}, time.perf_counter)


def inspect_file(path: str, recipe: dict[str, Any] | None) -> dict[str, Any]:
    """Inspect one photo, or, without a recipe, read it at no cost; return its evidence. This is the job."""
    frame = decode(Path(path).read_bytes(), LIMITS)
    judging = Recipe.from_document(recipe) if recipe is not None else None
    found = inspect(frame, judging, _engines(free=recipe is None), captured_at=datetime.now(UTC))
    return evidence.to_document(found)


async def burst_s(url: str, paths: Sequence[Path], recipe: Recipe | None, *, workers: int, folder: Path) -> float:
    """Return the seconds from the first job enqueued to the last result kept; without a recipe nothing is inspected.

    Raises:
        BenchUnable: a job failed, or did not end in time.
    """
    connection = Redis.from_url(url)
    queue = Queue(QUEUE, connection=connection)
    try:
        async with _working(url, workers, folder):
            await _through(queue, paths[: 2 * workers], recipe)  # every worker has loaded its models
            return await _through(queue, paths, recipe)
    finally:
        connection.close()


async def _through(queue: Queue, paths: Sequence[Path], recipe: Recipe | None) -> float:
    document, before = recipe.to_document() if recipe else None, FinishedJobRegistry(queue=queue).count
    started = time.perf_counter()
    for path in paths:
        queue.enqueue(inspect_file, str(path), document)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while FinishedJobRegistry(queue=queue).count < before + len(paths):
                if FailedJobRegistry(queue=queue).count:
                    raise BenchUnable("plain RQ failed on a photo")
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        raise BenchUnable(f"plain RQ did not get through {len(paths)} photos in {PATIENCE_S:g} s") from None
    return time.perf_counter() - started


@asynccontextmanager
async def _working(url: str, workers: int, folder: Path) -> AsyncIterator[None]:
    argv = (sys.executable, "-P", "-m", __name__, url)
    async with AsyncExitStack() as stack:
        for number in range(workers):
            child = Child(Program(f"plain RQ {number}", argv, folder, nice=WORKER_NICE))
            stack.push_async_callback(child.stop)
            await child.start()
        yield


def main(url: str) -> None:
    """Load the engines, then be one of RQ's own workers until TERM."""
    for free in (True, False):
        _engines(free=free)
    connection = Redis.from_url(url)
    Worker([Queue(QUEUE, connection=connection)], connection=connection).work(logging_level="WARNING")


if __name__ == "__main__":
    main(sys.argv[1])
