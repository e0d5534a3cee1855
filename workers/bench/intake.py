"""How fast parts go from a request to a kept verdict, beside the same inspections in a plain loop without any of it."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx

from core.engines import Engines
from core.image import decode
from core.inspection import inspect
from core.recipe import Recipe
from data import bundled
from workers.bench import uploading
from workers.bench.program import Running, running, scratch_home
from workers.bench.reading import LIMITS, photos_in
from workers.bench.report import Advance, Options, Report
from workers.bench.uploading import Uploaded
from workers.readers import catalogue

WORKERS = 2
BURST = 200
WAITERS = 40
POSTERS = 8
SOURCE = "dip"
TIMEOUT_S = 120.0
WAIT_MS = 20_000
ENDED = {"done", "failed"}
COLUMNS = (("figure", ""), ("value", ".2f"), ("unit", ""))


@dataclass(frozen=True)
class Seen:
    """What was measured from outside: starts, a burst of posts, posts that wait for their verdict, a large upload."""

    first_start_s: float
    second_start_s: float
    burst_s: float
    waits_s: tuple[float, ...]
    uploaded: Uploaded


def run(options: Options, advance: Advance) -> Report:
    """Start the program twice, send it parts in two ways, and inspect the same parts without it."""
    recipe = next(iter(bundled.recipes().values()))
    pictures = _pictures(options)
    advance(0, 5, "inspecting in a plain loop")
    alone_s = _alone(pictures[:WAITERS], recipe)
    seen = asyncio.run(_measure(pictures, recipe.name, advance))
    return _report(seen, parts=len(pictures), alone_s=alone_s)


def _pictures(options: Options) -> list[bytes]:
    paths: list[Path] = [photo.path for photo in photos_in(options.photos) if photo.source == SOURCE]
    return [path.read_bytes() for path in islice(cycle(paths), options.limit or BURST)]


def _alone(pictures: Sequence[bytes], recipe: Recipe) -> float:
    """Return the mean seconds of an inspection in this process, on one core, after one to warm up."""
    engines = Engines({catalogue.DEFAULT: catalogue.build(catalogue.DEFAULT)}, time.perf_counter)
    now = datetime.now(UTC)
    inspect(decode(pictures[0], LIMITS), recipe, engines, captured_at=now)
    started = time.perf_counter()
    for picture in pictures:
        inspect(decode(picture, LIMITS), recipe, engines, captured_at=now)
    return (time.perf_counter() - started) / len(pictures)


async def _measure(pictures: Sequence[bytes], recipe: str, advance: Advance) -> Seen:
    with scratch_home() as home:
        advance(1, 5, "first start")
        async with running(home, workers=WORKERS) as first:
            await _idle(first)
        advance(2, 5, "second start, a burst of parts")
        async with running(home, workers=WORKERS) as second, _client(second) as client:
            for picture in pictures[: 2 * WORKERS]:  # both workers have loaded their models
                await _post(client, picture, recipe, wait_ms=WAIT_MS)
            burst_s = await _burst(client, pictures, recipe)
            advance(3, 5, "parts whose sender waits")
            waits_s = [await _timed_wait(client, picture, recipe) for picture in pictures[:WAITERS]]
            advance(4, 5, "a large upload")
            uploaded = await uploading.measure(second.url, home)
    return Seen(first.start_s, second.start_s, burst_s, tuple(waits_s), uploaded)


def _client(program: Running) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=program.url, timeout=TIMEOUT_S)


async def _idle(program: Running) -> None:
    """Wait until the bundled samples are inspected."""
    async with _client(program) as client:
        while any(item["state"] not in ENDED for item in await _latest(client)):  # noqa: ASYNC110  asked from outside
            await asyncio.sleep(0.2)


async def _latest(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = (await client.get("/v1/inspections", params={"limit": 100})).raise_for_status()
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def _post(client: httpx.AsyncClient, picture: bytes, recipe: str, *, wait_ms: int = 0) -> str:
    answer = await client.post(
        "/v1/inspections",
        params={"wait_ms": wait_ms} if wait_ms else None,
        files={"image": ("part.jpg", picture)},
        data={"recipe": recipe},
    )
    return str(answer.raise_for_status().json()["id"])


async def _burst(client: httpx.AsyncClient, pictures: Sequence[bytes], recipe: str) -> float:
    """Return the seconds from the first post to the last verdict, with `POSTERS` senders at once."""
    waiting = iter(pictures)
    ids: list[str] = []

    async def sender() -> None:
        for picture in waiting:
            ids.append(await _post(client, picture, recipe))

    started = time.perf_counter()
    await asyncio.gather(*(sender() for _ in range(POSTERS)))
    for one in ids:
        while not await _finished(client, one):  # noqa: ASYNC110  asked from outside, as a machine would
            await asyncio.sleep(0.05)
    return time.perf_counter() - started


async def _finished(client: httpx.AsyncClient, inspection_id: str) -> bool:
    answer = (await client.get(f"/v1/inspections/{inspection_id}")).raise_for_status()
    return answer.json()["state"] in ENDED


async def _timed_wait(client: httpx.AsyncClient, picture: bytes, recipe: str) -> float:
    started = time.perf_counter()
    await _post(client, picture, recipe, wait_ms=WAIT_MS)
    return time.perf_counter() - started


def _report(seen: Seen, *, parts: int, alone_s: float) -> Report:
    rate = parts / seen.burst_s
    ceiling = WORKERS / alone_s
    figures = {
        "first_start_s": (seen.first_start_s, "s"),
        "second_start_s": (seen.second_start_s, "s"),
        "parts_per_s": (rate, "parts/s"),
        "plain_loop_parts_per_s": (1 / alone_s, "parts/s on one core"),
        "share_of_ceiling": (rate / ceiling, f"of {WORKERS} plain loops that never disturb each other"),
        "p50_wait_ms": (statistics.median(seen.waits_s) * 1000, "ms"),
        "p95_wait_ms": (statistics.quantiles(seen.waits_s, n=20)[-1] * 1000, "ms"),
        "inspection_ms": (alone_s * 1000, "ms"),
        **uploading.figures(seen.uploaded),
    }
    remarks = (
        f"{parts} photos ({SOURCE}) posted by {POSTERS} senders over HTTP to `marksight up` with {WORKERS} workers, "
        "from first post to last kept verdict; sender, server, database, queue and workers share the cores.",
        f"Waiting: {len(seen.waits_s)} posts one after another with `wait_ms`.",
    )
    return Report(
        "intake",
        "Intake, end to end",
        COLUMNS,
        tuple((name, value, unit) for name, (value, unit) in figures.items()),
        remarks,
        metrics={name: value for name, (value, _) in figures.items()},
    )
