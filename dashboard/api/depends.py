"""What routes are handed: the services, who asks, and the feed of results."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from dashboard.api.entry import who_asks
from dashboard.api.run_events import RunFeed
from dashboard.api.waiting import ResultFeed
from workers.composition import Services
from workers.who import Who


def _services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


def _feed(request: Request) -> ResultFeed:
    found: ResultFeed = request.app.state.feed
    return found


def _run_feed(request: Request) -> RunFeed:
    found: RunFeed = request.app.state.run_feed
    return found


def _who(request: Request) -> Who:
    who = who_asks(request)
    if who is None:
        raise RuntimeError(f"{request.url.path} asks who it is for, and is open to nobody in particular")
    return who


WithServices = Annotated[Services, Depends(_services)]
WithFeed = Annotated[ResultFeed, Depends(_feed)]
WithRunFeed = Annotated[RunFeed, Depends(_run_feed)]
WithUser = Annotated[Who, Depends(_who)]
