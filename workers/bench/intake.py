"""How fast parts go from a request to a kept verdict, beside two peers in the same run.

The peers: the same inspections in plain loops, without any queue (`workers.bench.plain_loop`), and in plain RQ with
one job a photo (`workers.bench.plain_rq`), which keeps nothing that a wiped Redis would not lose.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx

from core.recipe import Recipe
from data import bundled, embedded_urls
from workers.bench import draining, plain_loop, plain_rq, uploading
from workers.bench.draining import Drained
from workers.bench.handler import Handler
from workers.bench.program import Running, running, scratch_home
from workers.bench.reading import photos_in
from workers.bench.report import Advance, BenchUnable, Options, Report
from workers.bench.uploading import Uploaded

WORKERS = 2
BURST = 200
WAITERS = 40
POSTERS = 8
SOURCE = "dip"
TIMEOUT_S = 120.0
WAIT_MS = 20_000
POLL_S = 0.25
"""So seldom that asking takes next to nothing from what is measured, and so often that a burst ends hardly later."""
ENDED = {"done", "failed"}
STEPS = 12
FREE_TIMES = 10
"""So many parts that cost nothing to read are drained for each of the burst: 2,000."""
REST_MS = 50.0
REST_TIMES = 2
"""And so many that take as long as this to read, elsewhere."""
TRIAL_UPLOAD_BYTES = 64 * 1000**2
"""What is sent instead of `uploading.UPLOAD_BYTES` where the number of photos is limited: such a run is a trial."""
COLUMNS = (("figure", ""), ("value", ".2f"), ("unit", ""), ("meaning", ""))

FIGURES = {
    "first_start_s": ("s", "from `marksight up` on an empty state folder until it is ready for work"),
    "second_start_s": ("s", "the same, started again"),
    "parts_per_s": ("parts/s", "from the first post over HTTP to the last kept verdict"),
    "one_worker_parts_per_s": ("parts/s", "the same with one worker"),
    "worker_scaling": ("", f"how many times the parts of one worker {WORKERS} inspect"),
    "plain_loop_parts_per_s": ("parts/s", "inspected in a plain loop, with nothing else on the machine"),
    "plain_loops_parts_per_s": ("parts/s", f"inspected in {WORKERS} plain loops at once, with nothing else"),
    "plain_loop_scaling": ("", f"how many times the parts of one plain loop {WORKERS} inspect: what the machine gives"),
    "share_of_ceiling": ("", "parts_per_s beside plain_loops_parts_per_s"),
    "plain_rq_parts_per_s": ("parts/s", "plain RQ: one job a photo, read from disk, the result in Redis"),
    "times_plain_rq": ("", "parts_per_s beside plain_rq_parts_per_s"),
    "inspection_ms": ("ms", "an inspection in the plain loop"),
    "inference_ms": ("ms", "an inspection while the burst runs, as its own timings say"),
    "p50_wait_ms": ("ms", "until a sender that waits has its verdict, half of them"),
    "p95_wait_ms": ("ms", "the same, 95 of 100"),
    "wait_overhead_ms": ("ms", "the same, 95 of 100, less what the inspection itself took"),
    "busy_wait_overhead_ms": ("ms", "the same behind a pile of parts: the rest of the picture in work is in it"),
    "queue_ms_per_part": ("ms", "a worker's time for a part beside its inspection; one worker, a reader at no cost"),
    "queue_2_ms_per_part": ("ms", "the same, of each of two workers"),
    "queue_scaling": ("", "how many times the parts a second of one worker two workers make, at no cost of reading"),
    "elsewhere_parts_per_s": ("parts/s", f"one worker whose reader takes {REST_MS:g} ms, not on this processor"),
    "elsewhere_scaling": ("", f"how many times as many {WORKERS} such workers make"),
    "plain_rq_queue_ms_per_part": ("ms", "plain RQ, one worker, one job a photo, the same reader at no cost"),
    "worker_cpu_ms_per_part": ("ms", "processor time for a part beside its inspection: the worker's"),
    "relay_cpu_ms_per_part": ("ms", "the relay's"),
    "postgres_cpu_ms_per_part": ("ms", "the database's"),
    "valkey_cpu_ms_per_part": ("ms", "Valkey's"),
    **uploading.FIGURES,
}
"""What is measured: the name under which `--json` gives it, its unit, its meaning. The names stay."""


Wait = tuple[float, float]


@dataclass(frozen=True)
class Seen:
    """What was measured from outside: starts, a burst of posts, posts that wait for their verdict, a large upload, and
    plain RQ.

    `inference_s` is the mean over the parts of the burst. Waits are pairs: until the verdict was there, and what the
    inspection itself took.
    """

    first_start_s: float
    second_start_s: float
    burst_s: float
    one_burst_s: float
    inference_s: float
    waits_s: tuple[Wait, ...]
    busy_waits_s: tuple[Wait, ...]
    uploaded: Uploaded
    plain_rq_s: float
    alone: Drained
    both: Drained
    plain_rq_free_s: float
    elsewhere: Mapping[int, Drained]


def run(options: Options, advance: Advance) -> Report:
    """Start the program twice, send it parts in two ways, and inspect the same parts without it in two ways.

    Raises:
        BenchUnable: there are no labelled photos, or a part could not be inspected.
    """
    recipe = next(iter(bundled.recipes().values()))
    paths = _paths(options)
    advance(0, STEPS, "inspecting in plain loops")
    loops = {count: plain_loop.parts_per_s(paths[:WAITERS], recipe, loops=count) for count in (1, WORKERS)}
    upload_bytes = uploading.UPLOAD_BYTES if options.limit is None else TRIAL_UPLOAD_BYTES
    seen = asyncio.run(_measure(paths, recipe, advance, upload_bytes))
    return _report(seen, parts=len(paths), loops=loops)


def _paths(options: Options) -> list[Path]:
    paths = [photo.path for photo in photos_in(options.photos) if photo.source == SOURCE]
    return list(islice(cycle(paths), options.limit or BURST))


async def _measure(paths: Sequence[Path], recipe: Recipe, advance: Advance, upload_bytes: int) -> Seen:
    pictures = [path.read_bytes() for path in paths]
    with scratch_home() as home:
        advance(1, STEPS, "first start")
        async with running(home, workers=WORKERS) as first:
            await _idle(first)
        advance(2, STEPS, "a burst of parts for one worker")
        async with running(home, workers=1) as single, _client(single) as client:
            one_burst_s, _ = await _burst(client, pictures, recipe.name, workers=1)
        advance(3, STEPS, "second start, the same burst")
        async with running(home, workers=WORKERS) as second, _client(second) as client:
            burst_s, inference_s = await _burst(client, pictures, recipe.name, workers=WORKERS)
            advance(4, STEPS, "parts whose sender waits")
            with Handler(second.url, recipe.name, wait_ms=WAIT_MS, timeout_s=TIMEOUT_S) as handler:
                waits_s = [await _timed_wait(client, handler, picture) for picture in pictures[:WAITERS]]
                busy_waits_s = await _waits_behind_a_pile(client, handler, pictures, recipe.name)
            advance(5, STEPS, "a large upload")
            uploaded = await uploading.measure(second.url, home, byte_count=upload_bytes)
            advance(6, STEPS, "the same burst in plain RQ")
            queue = embedded_urls.redis_url(home)
            plain_rq_s = await plain_rq.burst_s(queue, paths, recipe, workers=WORKERS, folder=home)
            free = len(paths) * FREE_TIMES
            files = draining.written(home, free)
            advance(7, STEPS, "plain RQ, with a reader that costs nothing")
            plain_rq_free_s = await plain_rq.burst_s(queue, files, None, workers=1, folder=home) / free
        advance(8, STEPS, f"an outbox of {free} parts, one worker with a reader that costs nothing")
        one = await draining.drained(home, parts=free, workers=1)
        advance(9, STEPS, f"the same, {WORKERS} workers")
        both = await draining.drained(home, parts=free, workers=WORKERS)
        elsewhere = {}
        for step, workers in enumerate((1, WORKERS), 10):
            advance(step, STEPS, f"readers that take {REST_MS:g} ms elsewhere, workers: {workers}")
            count = len(paths) * REST_TIMES
            elsewhere[workers] = await draining.drained(home, parts=count, workers=workers, rest_ms=REST_MS)
    return Seen(
        first_start_s=first.start_s,
        second_start_s=second.start_s,
        burst_s=burst_s,
        one_burst_s=one_burst_s,
        inference_s=inference_s,
        waits_s=tuple(waits_s),
        busy_waits_s=tuple(busy_waits_s),
        uploaded=uploaded,
        plain_rq_s=plain_rq_s,
        plain_rq_free_s=plain_rq_free_s,
        alone=one,
        both=both,
        elsewhere=elsewhere,
    )


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


async def _burst(
    client: httpx.AsyncClient, pictures: Sequence[bytes], recipe: str, *, workers: int
) -> tuple[float, float]:
    """Return the seconds from the first post to the last verdict, `POSTERS` senders at once, and the mean inference."""
    for picture in pictures[: 2 * workers]:  # each worker has loaded its models
        await _post(client, picture, recipe, wait_ms=WAIT_MS)
    waiting = iter(pictures)
    ids: list[str] = []

    async def sender() -> None:
        for picture in waiting:
            ids.append(await _post(client, picture, recipe))

    started = time.perf_counter()
    await asyncio.gather(*(sender() for _ in range(POSTERS)))
    inferences = [await _inference_s(client, one) for one in ids]
    return time.perf_counter() - started, statistics.fmean(inferences)


async def _inference_s(client: httpx.AsyncClient, inspection_id: str) -> float:
    """Wait for the verdict of a part; return the seconds that its own timings add up to."""
    while True:  # asked from outside, as a machine would
        found = (await client.get(f"/v1/inspections/{inspection_id}")).raise_for_status().json()
        if found["state"] == "failed":
            raise BenchUnable(f"a part could not be inspected: {found['error']}")
        if found["state"] in ENDED:
            return float(sum(found["evidence"]["seconds"].values()))
        await asyncio.sleep(POLL_S)


async def _waits_behind_a_pile(
    client: httpx.AsyncClient, handler: Handler, pictures: Sequence[bytes], recipe: str
) -> list[Wait]:
    """Return the waits of a few who come one after another while all the pictures lie before them."""
    ids = await asyncio.gather(*(_post(client, picture, recipe) for picture in pictures))
    waits = [await _timed_wait(client, handler, picture) for picture in pictures[: WAITERS // 4]]
    await asyncio.gather(*(_inference_s(client, one) for one in ids))
    return waits


async def _timed_wait(client: httpx.AsyncClient, handler: Handler, picture: bytes) -> Wait:
    wait_s, inspection_id = await asyncio.to_thread(handler.wait, picture)
    return wait_s, await _inference_s(client, inspection_id)


def _report(seen: Seen, *, parts: int, loops: Mapping[int, float]) -> Report:
    metrics = _metrics(seen, parts=parts, loops=loops)
    remarks = (
        f"{parts} photos ({SOURCE}) posted by {POSTERS} senders over HTTP to `marksight up` with {WORKERS} workers, "
        "from first post to last kept verdict; sender, server, database, queue and workers share the cores.",
        f"Waiting: {len(seen.waits_s)} bare pictures posted one after another with `wait_ms`, on one connection.",
        f"The queue's own cost: {seen.alone.parts} parts that wait in the outbox at once, without a recipe, and a "
        "reader that answers at once; wall time of a worker less decoding, and processor time of each process.",
        f"Plain RQ: {WORKERS} of its own workers on the same Redis, models loaded before they fork; no HTTP.",
    )
    rows = tuple((name, metrics[name], unit, meaning) for name, (unit, meaning) in FIGURES.items())
    return Report("intake", "Intake, end to end", COLUMNS, rows, remarks, metrics=metrics)


def _metrics(seen: Seen, *, parts: int, loops: Mapping[int, float]) -> dict[str, float]:
    rate, one_rate, plain_rq_rate = parts / seen.burst_s, parts / seen.one_burst_s, parts / seen.plain_rq_s
    return {
        "first_start_s": seen.first_start_s,
        "second_start_s": seen.second_start_s,
        "parts_per_s": rate,
        "one_worker_parts_per_s": one_rate,
        "worker_scaling": rate / one_rate,
        "plain_loop_parts_per_s": loops[1],
        "plain_loops_parts_per_s": loops[WORKERS],
        "plain_loop_scaling": loops[WORKERS] / loops[1],
        "share_of_ceiling": rate / loops[WORKERS],
        "plain_rq_parts_per_s": plain_rq_rate,
        "times_plain_rq": rate / plain_rq_rate,
        "inspection_ms": 1000 / loops[1],
        "inference_ms": 1000 * seen.inference_s,
        "p50_wait_ms": 1000 * statistics.median(wait for wait, _ in seen.waits_s),
        "p95_wait_ms": _p95_ms([wait for wait, _ in seen.waits_s]),
        "wait_overhead_ms": _p95_ms([wait - own for wait, own in seen.waits_s]),
        "busy_wait_overhead_ms": _p95_ms([wait - own for wait, own in seen.busy_waits_s]),
        "queue_ms_per_part": seen.alone.queue_ms_per_part,
        "queue_2_ms_per_part": seen.both.queue_ms_per_part,
        "queue_scaling": seen.both.parts_per_s / seen.alone.parts_per_s,
        "elsewhere_parts_per_s": seen.elsewhere[1].parts_per_s,
        "elsewhere_scaling": seen.elsewhere[WORKERS].parts_per_s / seen.elsewhere[1].parts_per_s,
        "plain_rq_queue_ms_per_part": 1000 * seen.plain_rq_free_s,
        **{f"{name}_cpu_ms_per_part": seen.alone.processor_ms(name) for name in draining.PROCESSES},
        **uploading.metrics(seen.uploaded),
    }


def _p95_ms(seconds: Sequence[float]) -> float:
    """Return what 95 of 100 keep within; of fewer than two, the most."""
    return 1000 * (statistics.quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else max(seconds))
