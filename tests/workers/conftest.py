"""What the tests of the use cases stand on: services with engines that a test chooses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from data.settings import Settings
from tests.workers.fakes import Reader, engines
from workers.composition import Services, compose

Composed = Callable[..., Services]


@pytest.fixture
async def composed(services: Services, postgres: Settings) -> AsyncIterator[Composed]:
    """Composes services on the test's empty database, with a reader and changed settings; closes them at the end."""
    async with AsyncExitStack() as stack:

        def make(reader: Reader | None = None, **changes: Any) -> Services:
            changed = postgres.model_copy(update=changes)
            made = compose(changed, load_engines=engines(reader))
            stack.push_async_callback(made.close)
            return made

        yield make
