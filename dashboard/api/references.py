"""What a request names beside its address: a recipe, a station, a site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dashboard.api.errors import ApiProblem
from data.errors import NotFound


@contextmanager
def references(*addressed: str) -> Iterator[None]:
    """Tell what the request names and does not exist as a fault of the request.

    Kinds that are `addressed` are named by the address; without them there is nothing there, as ever.

    Raises:
        ApiProblem: there is no such thing.
    """
    try:
        yield
    except NotFound as error:
        if error.kind in addressed:
            raise
        code = "recipe-unknown" if error.kind == "recipe" else "reference-unknown"
        raise ApiProblem(code, str(error), kind=error.kind, reference=error.reference) from error
