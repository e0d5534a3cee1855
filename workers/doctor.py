"""Looks at everything a user could have wrong, and says how to mend it. Nothing is changed by looking.

1. Every check has its time, and a check that fails itself is a finding, not an end.
2. What is not running because nobody has started it is a note; what is running and does not answer is wrong.
3. No finding holds a password.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from data.settings import Settings
from workers.check_anchors import check_anchors
from workers.check_backups import check_backups
from workers.check_database import check_database
from workers.check_machine import check_home, check_platform, check_port, check_programs, check_settings, check_space
from workers.check_reading import check_models, check_sample
from workers.check_services import check_clock, check_processes, check_queue, check_store
from workers.finding import Finding, wrong

CHECK_S = 30.0

Check = Callable[[Settings], Awaitable[list[Finding]]]

CHECKS: dict[str, Check] = {
    "platform": check_platform,
    "settings": check_settings,
    "state folder": check_home,
    "disk": check_space,
    "bundled programs": check_programs,
    "port": check_port,
    "database": check_database,
    "clock": check_clock,
    "queue": check_queue,
    "processes": check_processes,
    "image store": check_store,
    "anchors": check_anchors,
    "backups": check_backups,
    "models": check_models,
    "sample inspection": check_sample,
}
"""What is looked at, in this order; the name stands for the whole where the check itself fails."""


async def examine(settings: Settings, checks: dict[str, Check] | None = None) -> AsyncIterator[Finding]:
    """Yield what is found, check by check."""
    for name, check in (CHECKS if checks is None else checks).items():
        for finding in await _findings(name, check, settings):
            yield finding


async def _findings(name: str, check: Check, settings: Settings) -> list[Finding]:
    try:
        async with asyncio.timeout(CHECK_S):
            return await check(settings)
    except TimeoutError:
        return [wrong(name, f"no answer within {CHECK_S:g} s", "see the logs in the state folder; start anew")]
    except Exception as error:  # noqa: BLE001 - one check's boundary: the others are still to be made
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return [wrong(name, f"{type(error).__name__}: {reason}", "run with --debug, and report it if it is ours")]
