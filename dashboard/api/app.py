"""The API's app: its routes, its limits, and an answer to everything else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi import Depends, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from dashboard.api import (
    audit,
    failures,
    inspections,
    intake,
    lots,
    me,
    metrics,
    own,
    people,
    permits,
    plain,
    plant,
    previews,
    rate_limits,
    recipes,
    reconciliation,
    request_id,
    resumable,
    runs,
    sign_in,
    system,
    tokens,
    units,
    uploads,
    watched,
)
from dashboard.api.access_log import AccessLog
from dashboard.api.audit_schemas import AuditEntryView, RowView
from dashboard.api.entry import Entry, Known, permitted
from dashboard.api.forwarding import forwarded
from dashboard.api.guard import OriginGuard
from dashboard.api.head import HeadAsGet
from dashboard.api.limits import BoundedBody
from dashboard.api.lot_schemas import LotSummaryView, LotView
from dashboard.api.me import MeView
from dashboard.api.people_schemas import LinkView, MadeTokenView, OneSignInView, OneTokenView, PersonView
from dashboard.api.rate_limits import RateLimits, quotas
from dashboard.api.run_events import RunFeed
from dashboard.api.run_schemas import RunView
from dashboard.api.schemas import InspectionSummaryView, InspectionView, ProblemView
from dashboard.api.told_browsers import ToldBrowsers
from dashboard.api.waiting import ResultFeed
from dashboard.identity import COOKIE, SECURE_COOKIE, Identities
from dashboard.origins import HTTP, HTTPS, allowed_hosts, is_loopback
from dashboard.shared_counts import SharedCounts
from data.channels import CHANNELS
from data.listening import Listener
from data.queries import runs as run_queries
from data.urls import app_url, redis_url
from workers.catching_up import CatchingUp
from workers.keeping_figures import KeepingFigures

if TYPE_CHECKING:
    from workers.composition import Services

BODY_BYTES = 2**20
FORM_BYTES = 64 * 1024
"""Room for what a form holds beside its picture."""

UPLOAD_FORM_BYTES = 64 * 2**20
"""Room for what a form holds beside its files: their names, 100,000 of them."""

EXEMPLIFIED = (
    AuditEntryView,
    InspectionSummaryView,
    InspectionView,
    LinkView,
    LotSummaryView,
    LotView,
    MadeTokenView,
    MeView,
    OneSignInView,
    OneTokenView,
    PersonView,
    RowView,
    RunView,
)
"""What the description shows a whole answer of."""

MODULES = (
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
    audit,
    me,
    own,
    people,
    tokens,
    system,
    metrics,
    previews,
    sign_in,
)
"""What the app offers, in the order of its description."""

NO_TELEMETRY_OF_ITS_OWN = TelemetryConfig(tracing=False, metrics=False, logs=False)
"""The framework's would send what errors say, and bodies; ours are `AccessLog` and `workers.tracing`."""

DESCRIPTION = "Reads the top marks of integrated circuits, checks them against recipes, and keeps the proof."


class _Api(FastAPI):
    """The framework's app, and around it what sees every answer, that to the unforeseen included."""

    def build_middleware_stack(self) -> ASGIApp:
        services = self.state.services
        settings = services.settings
        told = ToldBrowsers(super().build_middleware_stack(), behind_tls=settings.behind_tls)
        logged = request_id.RequestIds(AccessLog(told, services.counting, services.tracing))
        return forwarded(logged, settings.trusted_proxies)


def create_app(services: Services, *, listener: Listener | None = None, pages: Collection[str] = ()) -> FastAPI:
    """Return the app on `services`; whoever serves it tells it with `bound_at` where.

    It listens with `listener` while it serves: that of the pages beside it, or one of its own. `pages` are addresses of
    the pages beside it.
    """
    settings = services.settings
    bounds = dict.fromkeys(intake.PATHS, settings.max_image_bytes + FORM_BYTES)
    bounds |= dict.fromkeys((uploads.PATH, f"{uploads.PATH}/"), settings.max_upload_bytes + UPLOAD_FORM_BYTES)
    counts = SharedCounts(lambda: redis_url(settings))
    app = _Api(
        title="Marksight",
        version=version("marksight"),
        description=DESCRIPTION,
        docs_url=None,  # the stock pages load their scripts from elsewhere; `plain` has one that does not
        redoc_url=None,
        lifespan=_lifespan,
        dependencies=[Depends(permitted)],
        telemetry=NO_TELEMETRY_OF_ITS_OWN,
        middleware=[
            Middleware(BoundedBody, max_bytes=BODY_BYTES, by_path=bounds),
            Middleware(Known),
            Middleware(RateLimits, quotas(settings), counts),
            Middleware(Entry),
            Middleware(HeadAsGet),
            Middleware(resumable.TusVersion),
            Middleware(OriginGuard),
        ],
    )
    app.state.services, app.state.counts = services, counts
    app.state.identities = Identities(services)
    app.state.hosts, app.state.bound_to_loopback, app.state.unsaid_port = frozenset(), False, HTTP
    app.state.listener = listener or listener_of(services)
    app.state.figures = KeepingFigures(services, "server")
    app.state.feed = ResultFeed(app.state.listener)
    app.state.run_feed = RunFeed(app.state.listener, partial(_run, services))
    failures.install(app)
    for module in MODULES:
        app.include_router(module.router)
    plain.install(app, pages)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def listener_of(services: Services) -> Listener:
    """Return what listens to the database of `services`, for all in this process who want to be told."""
    return Listener(lambda: app_url(services.settings), CHANNELS)


def bound_at(app: FastAPI, port: int) -> frozenset[str]:
    """Tell `app` at which port it is served; return the names under which its own pages are seen."""
    settings = app.state.services.settings
    app.state.unsaid_port = HTTPS if settings.behind_tls else HTTP
    app.state.hosts = allowed_hosts(settings.host, port, settings.allowed_hosts, unsaid_port=app.state.unsaid_port)
    app.state.bound_to_loopback = is_loopback(settings.host)
    hosts: frozenset[str] = app.state.hosts
    return hosts


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Return the description of the API, with the schema that all its problems share.

    FastAPI leaves out what is null, in examples too; an answer does not, so they are put back as they were written.
    """
    if app.openapi_schema is None:
        described = FastAPI.openapi(app)
        request_id.describe(described)
        rate_limits.describe(described)
        permits.describe(described, SECURE_COOKIE if app.state.services.settings.behind_tls else COOKIE)
        shapes: dict[str, Any] = described["components"]["schemas"]
        shapes["ProblemView"] = ProblemView.model_json_schema()
        for shape in EXEMPLIFIED:
            shapes[shape.__name__]["examples"] = shape.model_json_schema()["examples"]
    return app.openapi_schema or {}


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Listen while the app serves, and catch up with what was spooled."""
    listener = app.state.listener
    with app.state.feed.following(), app.state.run_feed.following(), app.state.identities.following(listener):
        app.state.services.tracing.begin("server")
        catching_up = CatchingUp(app.state.services)
        async with (
            listener.listening(),
            catching_up.running(),
            app.state.figures.running(),
            app.state.counts.shared(),
        ):
            yield


async def _run(services: Services, run_id: UUID) -> RunView:
    """Return a run as it is now."""
    async with services.database.session() as session:
        return RunView.of(await run_queries.summary(session, run_id))
