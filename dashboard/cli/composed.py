"""Doing something with everything composed as a process has it, and closing it afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from workers.composition import Services

T = TypeVar("T")


def with_services(work: Callable[[Services], Awaitable[T]]) -> T:
    """Return what `work` does with the services that the settings describe."""
    import asyncio

    from data.settings import settings
    from workers.composition import compose

    async def worked() -> T:
        services = compose(settings())
        try:
            return await work(services)
        finally:
            await services.close()

    return asyncio.run(worked())
