"""The API's app: its routes, its limits, and an answer to everything else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware import Middleware

from dashboard.api import failures, plain
from dashboard.api.guard import OriginGuard
from dashboard.api.limits import BoundedBody

if TYPE_CHECKING:
    from workers.composition import Services

FORM_BYTES = 64 * 1024
"""Room for what a form holds beside its picture."""

DESCRIPTION = "Reads the top marks of integrated circuits, checks them against recipes, and keeps the proof."


def create_app(services: Services, *, first_page: str = "/docs") -> FastAPI:
    """Return the app on `services`; whoever serves it sets `app.state.hosts` (see `dashboard.origins`)."""
    app = FastAPI(
        title="Marksight",
        version=version("marksight"),
        description=DESCRIPTION,
        docs_url=None,  # the stock pages load their scripts from elsewhere; `plain` has one that does not
        redoc_url=None,
        lifespan=_lifespan,
        middleware=[
            Middleware(OriginGuard),
            Middleware(BoundedBody, max_bytes=services.settings.max_image_bytes + FORM_BYTES),
        ],
    )
    app.state.services = services
    app.state.hosts = frozenset()
    failures.install(app)
    plain.install(app, first_page)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
