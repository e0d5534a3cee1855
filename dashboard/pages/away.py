"""A database that is away, as pages say it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from data.outage import AWAY, is_away

LOOKS = "The database does not answer. The page goes on asking."
"""Said of what is shown, while the page looks again by itself."""


@contextmanager
def while_away(say: Callable[[], None]) -> Iterator[None]:
    """Say it where the database turns out to be away within; what was to be done there is left. All else is raised."""
    try:
        yield
    except AWAY as error:
        if not is_away(error):
            raise
        say()
