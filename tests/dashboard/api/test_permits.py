"""No route without a word on who may ask for it, and no word on a route that is not there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route

from core.rights import ACTIONS
from dashboard.api.app import create_app
from dashboard.api.permits import OPEN, PERMITS
from data.settings import Settings
from workers.composition import compose


def routes_of(listed: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Yield method and path of every route, with those of the routers that are included."""
    for route in listed:
        if isinstance(route, APIRoute | Route):
            yield from ((method, route.path) for method in (route.methods or ()) if method != "HEAD")
        elif not isinstance(route, Mount):
            yield from routes_of(route.original_router.routes)  # type: ignore[attr-defined]


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    return create_app(compose(settings))


def test_every_route_is_open_or_an_action(app: FastAPI) -> None:
    found = set(routes_of(app.routes))
    assert len(found) > 60
    assert found == OPEN | PERMITS.keys()


def test_no_route_is_both() -> None:
    assert OPEN & PERMITS.keys() == set()


def test_every_action_of_a_route_is_one_that_roles_may_have() -> None:
    assert set(PERMITS.values()) <= set(ACTIONS)


def test_what_changes_something_is_no_right_to_read() -> None:
    assert [route for route, action in PERMITS.items() if route[0] != "GET" and action.endswith(".read")] == []
