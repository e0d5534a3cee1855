"""What routes are handed: the services, who asks, and the feed of results."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from dashboard.api.run_events import RunFeed
from dashboard.api.waiting import ResultFeed
from dashboard.auth import User, resolve
from workers.composition import Services


def _services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


def _feed(request: Request) -> ResultFeed:
    found: ResultFeed = request.app.state.feed
    return found


def _run_feed(request: Request) -> RunFeed:
    found: RunFeed = request.app.state.run_feed
    return found


def _user(request: Request) -> User:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return resolve(cookie=request.cookies.get("user"), token=token if scheme.lower() == "bearer" else None)


WithServices = Annotated[Services, Depends(_services)]
WithFeed = Annotated[ResultFeed, Depends(_feed)]
WithRunFeed = Annotated[RunFeed, Depends(_run_feed)]
WithUser = Annotated[User, Depends(_user)]
