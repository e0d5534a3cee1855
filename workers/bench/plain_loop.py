"""The ceiling: inspections in plain loops that share nothing but the machine, without a queue and with nothing kept."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

from core.engines import Engines
from core.image import decode
from core.inspection import inspect
from core.recipe import Recipe
from workers.bench.reading import LIMITS
from workers.readers import catalogue

PATIENCE_S = 120.0

_barrier: Barrier | None = None


def parts_per_s(paths: Sequence[Path], recipe: Recipe, *, loops: int) -> float:
    """Return what so many loops, each a process of its own, inspect a second together; each does all of `paths`.

    They load and warm up first, and begin at the same time.
    """
    context = get_context("spawn")  # the engine's threads do not outlive a fork
    pool = ProcessPoolExecutor(loops, context, initializer=_begin, initargs=(context.Barrier(loops),))
    with pool:
        waiting = [pool.submit(_loop, paths, recipe) for _ in range(loops)]
        return sum(len(paths) / one.result() for one in waiting)


def _begin(barrier: Barrier) -> None:
    global _barrier  # noqa: PLW0603 - a barrier reaches a process of a pool in no other way
    _barrier = barrier


def _loop(paths: Sequence[Path], recipe: Recipe) -> float:
    """Return the seconds that all the inspections took, one after another."""
    pictures = [path.read_bytes() for path in paths]
    engines = Engines({catalogue.DEFAULT: catalogue.build(catalogue.DEFAULT)}, time.perf_counter)
    now = datetime.now(UTC)
    inspect(decode(pictures[0], LIMITS), recipe, engines, captured_at=now)
    if _barrier is not None:
        _barrier.wait(PATIENCE_S)
    started = time.perf_counter()
    for picture in pictures:
        inspect(decode(picture, LIMITS), recipe, engines, captured_at=now)
    return time.perf_counter() - started
