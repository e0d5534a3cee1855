"""How the server and its parts are."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from dashboard.api.depends import WithServices
from dashboard.api.errors import documented
from dashboard.api.failures import answer
from dashboard.api.readiness import PartView, look
from data.queries.system import system_figures
from workers.composition import Services

router = APIRouter(tags=["system"])

PACKAGES = ("panel", "bokeh", "fastapi", "sqlalchemy", "rq", "onnxruntime", "opencv-python-headless")


SERVER_ID = uuid4().hex


class HealthView(BaseModel):
    """That the server runs; `server_id` is another after every start, by which open pages know to load again."""

    status: str = "alive"
    version: str
    server_id: str


class ReadyView(BaseModel):
    """That every part is there."""

    status: str = "ready"
    parts: list[PartView]


class SystemView(BaseModel):
    """Versions, parts, and the figures of the last hours; `figures` is null while the database is away."""

    version: str
    packages: dict[str, str]
    parts: list[PartView]
    figures: dict[str, Any] | None


@router.get("/health", operation_id="getHealth", summary="Tell that the server runs")
async def health() -> HealthView:
    """Tell that the server runs; nothing else is looked at."""
    return HealthView(version=version("marksight"), server_id=SERVER_ID)


@router.get(
    "/ready",
    operation_id="getReady",
    summary="Tell whether every part is there",
    response_model=ReadyView,
    responses=documented("not-ready"),
)
async def ready(request: Request, services: WithServices) -> Response:
    """Look at every part, from the database to the disk. 503 names those that are away, and why.

    While an installation is being set up, its recipes are away.
    """
    parts = await look(services)
    away = [part for part in parts if part.state == "away"]
    shown = [part.model_dump() for part in parts]
    if away:
        detail = "; ".join(f"{part.name}: {part.detail}" for part in away)
        return answer(request, "not-ready", detail, parts=shown)
    return JSONResponse({"status": "ready", "parts": shown})


@router.get("/v1/system", operation_id="getSystem", summary="Show how the system stands", responses=documented())
async def system(services: WithServices) -> SystemView:
    """Show versions, every part, the queue, who works on it, and what became of the last day's inspections."""
    parts = await look(services)
    there = all(part.state == "ok" for part in parts if part.name in {"database", "migrations"})
    return SystemView(
        version=version("marksight"),
        packages={name: version(name) for name in PACKAGES},
        parts=parts,
        figures=await _figures(services) if there else None,
    )


async def _figures(services: Services) -> dict[str, Any]:
    async with services.database.session() as session:
        figures = await system_figures(session, now=services.clock())
    return {**asdict(figures), "queue": {**asdict(figures.queue), "depth": figures.queue.depth}}
