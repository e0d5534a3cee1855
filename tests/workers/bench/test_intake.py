"""The bench of intake measures the real program, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.bench import intake, program
from workers.bench.draining import Drained
from workers.bench.report import BenchUnable, Options
from workers.bench.uploading import Uploaded
from workers.errors import ChildFailed

METRICS = {
    "busy_wait_overhead_ms",
    "elsewhere_parts_per_s",
    "elsewhere_scaling",
    "plain_rq_queue_ms_per_part",
    "postgres_cpu_ms_per_part",
    "queue_2_ms_per_part",
    "queue_scaling",
    "relay_cpu_ms_per_part",
    "valkey_cpu_ms_per_part",
    "wait_overhead_ms",
    "worker_cpu_ms_per_part",
    "first_start_s",
    "inference_ms",
    "inspection_ms",
    "p50_wait_ms",
    "p95_wait_ms",
    "parts_per_s",
    "one_worker_parts_per_s",
    "plain_loop_parts_per_s",
    "plain_loop_scaling",
    "plain_loops_parts_per_s",
    "worker_scaling",
    "plain_rq_parts_per_s",
    "plain_write_mb_per_s",
    "queue_ms_per_part",
    "second_start_s",
    "share_of_ceiling",
    "times_plain_rq",
    "upload_mb_per_s",
    "upload_peak_rss_mb",
    "upload_rest_rss_mb",
}
"""Written out once more: programs that compare runs go by these names."""


@pytest.mark.realchips
def test_every_figure_is_measured_under_its_stable_name(realchips: Path) -> None:
    steps: list[str] = []
    report = intake.run(Options(photos=realchips, limit=3), lambda done, of, words: steps.append(words))
    assert set(report.metrics) == METRICS
    assert all(isinstance(value, float) for value in report.metrics.values())
    coarse = {name for name in METRICS if "_cpu_" in name}  # a processor's clock ticks a hundred times a second
    assert all(float(str(report.metrics[name])) > 0 for name in METRICS - coarse)
    assert report.document()["metrics"] == report.metrics
    assert [row[0] for row in report.rows] == list(report.metrics)
    assert len(steps) == intake.STEPS


def test_figures_are_derived_from_what_was_seen() -> None:
    uploaded = Uploaded(1, upload_s=1.0, alone_s=1.0, before_rss_bytes=1, peak_rss_bytes=1)
    spent = {"worker": 2.0, "relay": 0.5, "postgres": 1.0, "valkey": 0.1}
    seen = intake.Seen(
        first_start_s=3.0,
        second_start_s=2.0,
        burst_s=10.0,
        one_burst_s=18.0,
        inference_s=0.15,
        waits_s=((0.1, 0.08), (0.2, 0.17)),
        busy_waits_s=((0.5, 0.1),),
        uploaded=uploaded,
        plain_rq_s=20.0,
        alone=Drained(parts=1000, workers=1, wall_s=3.0, inference_s=0.001, processor_s=spent),
        both=Drained(parts=1000, workers=2, wall_s=2.0, inference_s=0.001, processor_s=spent),
        plain_rq_free_s=0.015,
        elsewhere={
            1: Drained(parts=400, workers=1, wall_s=20.0, inference_s=0.05, processor_s=spent),
            2: Drained(parts=400, workers=2, wall_s=10.0, inference_s=0.05, processor_s=spent),
        },
    )
    metrics = intake._metrics(seen, parts=100, loops={1: 10.0, 2: 16.0})
    expected = {
        "parts_per_s": 10.0,
        "times_plain_rq": 2.0,
        "worker_scaling": 1.8,
        "plain_loop_scaling": 1.6,
        "share_of_ceiling": 0.625,
        "inspection_ms": 100.0,
        "p50_wait_ms": 150.0,
        "wait_overhead_ms": 29.5,
        "busy_wait_overhead_ms": 400.0,
        "queue_ms_per_part": 2.0,
        "queue_2_ms_per_part": 3.0,
        "queue_scaling": 1.5,
        "elsewhere_parts_per_s": 20.0,
        "elsewhere_scaling": 2.0,
        "plain_rq_queue_ms_per_part": 15.0,
        "worker_cpu_ms_per_part": 2.0,
    }
    assert {name: metrics[name] for name in expected} == pytest.approx(expected)


def test_without_photos_it_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(BenchUnable, match=r"labels\.csv"):
        intake.run(Options(photos=tmp_path), lambda *_: None)


async def test_a_program_that_cannot_start_is_told_and_its_folder_removed() -> None:
    with program.scratch_home() as home:
        (home / "postgres").mkdir()  # a cluster's folder that holds no cluster
        with pytest.raises(ChildFailed, match="holds no database"):
            async with program.running(home, workers=1):
                pytest.fail("it said it runs")
    assert not home.exists()
