"""The API's app: its routes, its limits, and an answer to everything else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi import FastAPI
from starlette.middleware import Middleware

from dashboard.api import (
    failures,
    inspections,
    intake,
    lots,
    plain,
    plant,
    previews,
    recipes,
    reconciliation,
    resumable,
    runs,
    system,
    units,
    uploads,
    watched,
)
from dashboard.api.guard import OriginGuard
from dashboard.api.head import HeadAsGet
from dashboard.api.limits import BoundedBody
from dashboard.api.lot_schemas import LotSummaryView, LotView
from dashboard.api.run_events import RunFeed
from dashboard.api.run_schemas import RunView
from dashboard.api.schemas import InspectionSummaryView, InspectionView, ProblemView
from dashboard.api.waiting import ResultFeed
from dashboard.origins import allowed_hosts, is_loopback
from data.channels import CHANNELS
from data.listening import Listener
from data.queries import runs as run_queries
from data.urls import app_url
from workers.catching_up import CatchingUp

if TYPE_CHECKING:
    from workers.composition import Services

BODY_BYTES = 2**20
FORM_BYTES = 64 * 1024
"""Room for what a form holds beside its picture."""

UPLOAD_FORM_BYTES = 64 * 2**20
"""Room for what a form holds beside its files: their names, 100,000 of them."""

EXEMPLIFIED = (InspectionSummaryView, InspectionView, LotSummaryView, LotView, RunView)
"""What the description shows a whole answer of."""

DESCRIPTION = "Reads the top marks of integrated circuits, checks them against recipes, and keeps the proof."


def create_app(services: Services, *, listener: Listener | None = None, first_page: str = "/docs") -> FastAPI:
    """Return the app on `services`; whoever serves it tells it with `bound_at` where.

    It listens with `listener` while it serves: that of the pages beside it, or one of its own.
    """
    settings = services.settings
    bounds = dict.fromkeys(intake.PATHS, settings.max_image_bytes + FORM_BYTES)
    bounds |= dict.fromkeys((uploads.PATH, f"{uploads.PATH}/"), settings.max_upload_bytes + UPLOAD_FORM_BYTES)
    app = FastAPI(
        title="Marksight",
        version=version("marksight"),
        description=DESCRIPTION,
        docs_url=None,  # the stock pages load their scripts from elsewhere; `plain` has one that does not
        redoc_url=None,
        lifespan=_lifespan,
        middleware=[
            Middleware(HeadAsGet),
            Middleware(resumable.TusVersion),
            Middleware(OriginGuard),
            Middleware(BoundedBody, max_bytes=BODY_BYTES, by_path=bounds),
        ],
    )
    app.state.services = services
    app.state.hosts, app.state.bound_to_loopback = frozenset(), False
    app.state.listener = listener or listener_of(services)
    app.state.feed = ResultFeed(app.state.listener)
    app.state.run_feed = RunFeed(app.state.listener, partial(_run, services))
    failures.install(app)
    for module in (
        intake,
        inspections,
        uploads,
        resumable,
        runs,
        lots,
        units,
        recipes,
        plant,
        watched,
        reconciliation,
        system,
        previews,
    ):
        app.include_router(module.router)
    plain.install(app, first_page)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def listener_of(services: Services) -> Listener:
    """Return what listens to the database of `services`, for all in this process who want to be told."""
    return Listener(lambda: app_url(services.settings), CHANNELS)


def bound_at(app: FastAPI, port: int) -> frozenset[str]:
    """Tell `app` at which port it is served; return the names under which its own pages are seen."""
    settings = app.state.services.settings
    app.state.hosts = allowed_hosts(settings.host, port, settings.allowed_hosts)
    app.state.bound_to_loopback = is_loopback(settings.host)
    hosts: frozenset[str] = app.state.hosts
    return hosts


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Return the description of the API, with the schema that all its problems share.

    FastAPI leaves out what is null, in examples too; an answer does not, so they are put back as they were written.
    """
    if app.openapi_schema is None:
        shapes: dict[str, Any] = FastAPI.openapi(app)["components"]["schemas"]
        shapes["ProblemView"] = ProblemView.model_json_schema()
        for shape in EXEMPLIFIED:
            shapes[shape.__name__]["examples"] = shape.model_json_schema()["examples"]
    return app.openapi_schema or {}


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Listen while the app serves, and catch up with what was spooled."""
    with app.state.feed.following(), app.state.run_feed.following():
        async with app.state.listener.listening(), CatchingUp(app.state.services).running():
            yield


async def _run(services: Services, run_id: UUID) -> RunView:
    """Return a run as it is now."""
    async with services.database.session() as session:
        return RunView.of(await run_queries.summary(session, run_id))
