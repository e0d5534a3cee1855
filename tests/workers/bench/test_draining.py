"""The queue's own cost is measured on the real parts of the program, and every part is accounted for."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.bench import draining
from workers.bench.draining import Drained
from workers.bench.program import scratch_home

SPENT = {"worker": 2.0, "relay": 0.5, "postgres": 1.0, "valkey": 0.1}


async def test_an_outbox_is_drained_and_each_process_has_its_time() -> None:
    with scratch_home() as home:
        found = await draining.drained(home, parts=40, workers=2, rest_ms=20)
    assert (found.parts, found.workers, set(found.processor_s)) == (40, 2, set(draining.PROCESSES))
    assert found.wall_s > 0
    assert found.inference_s >= 0.02
    assert found.processor_s["worker"] > 0


@pytest.mark.parametrize(("workers", "expected"), [(1, 2.5), (2, 5.5)])
def test_a_workers_time_for_a_part_less_the_inspection_is_the_queues(workers: int, expected: float) -> None:
    found = Drained(parts=100, workers=workers, wall_s=0.3, inference_s=0.0005, processor_s=SPENT)
    assert found.queue_ms_per_part == pytest.approx(expected)
    assert found.processor_ms("worker") == pytest.approx(20.0)


def test_the_same_few_files_come_again_and_again(tmp_path: Path) -> None:
    paths = draining.written(tmp_path, draining.PICTURES + 3)
    assert len(paths) == draining.PICTURES + 3
    assert len({path.read_bytes() for path in paths}) == draining.PICTURES
