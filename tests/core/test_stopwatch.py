"""Time by step."""

from __future__ import annotations

from itertools import count

import pytest

from core.stopwatch import Stopwatch


def ticking() -> object:
    ticks = count()
    return lambda: float(next(ticks))


def test_steps_add_up_in_the_order_first_taken() -> None:
    watch = Stopwatch(ticking())  # type: ignore[arg-type]
    for step in ("locate", "read", "read"):
        with watch.timing(step):
            pass
    assert watch.seconds == (("locate", 1.0), ("read", 2.0), ("rest", 4.0))


def test_steps_and_the_rest_add_up_to_all_the_time_since_the_watch_was_made() -> None:
    ticks = ticking()
    watch = Stopwatch(ticks)  # type: ignore[arg-type]
    with watch.timing("read"):
        ticks()  # type: ignore[operator]
    assert sum(seconds for _, seconds in watch.seconds) == 4.0


def test_a_step_that_fails_is_timed_too() -> None:
    watch = Stopwatch(ticking())  # type: ignore[arg-type]
    with pytest.raises(RuntimeError), watch.timing("read"):
        raise RuntimeError
    assert watch.seconds == (("read", 1.0), ("rest", 2.0))
