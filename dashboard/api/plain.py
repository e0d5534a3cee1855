"""What is served beside the API proper: files for the browser, the pages about problems and the API, and `/`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import layouts
from dashboard.api import html, pictures
from dashboard.api.entry import who_asks
from dashboard.api.errors import PROBLEMS, ApiProblem
from dashboard.api.reference import reference_page
from dashboard.page_rights import first_page
from data import bundled

ASSETS = Path(layouts.__file__).parent / "assets"

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


def install(app: FastAPI, pages: Collection[str]) -> None:
    """Give `app` these pages; `/` leads to the first of `pages` that whoever asks may see."""
    app.state.pages = frozenset(pages)
    app.include_router(router)
    app.mount("/assets", Assets(directory=ASSETS))


@router.get("/")
async def first(request: Request) -> Response:
    """Lead to the first page, or to the sign-in."""
    who = who_asks(request)
    leads_to = first_page(who, request.app.state.pages) if who else "/sign-in"
    return RedirectResponse(leads_to, status_code=302)


@router.get("/docs")
async def api_docs(request: Request) -> str:
    """What the API offers."""
    return reference_page(request.app.openapi(), str(request.base_url).rstrip("/"))


@router.get("/problems")
async def problems() -> str:
    """Every kind of problem."""
    return html.problems_page()


@router.get("/problems/{code}")
async def problem(code: str) -> str:
    """One kind of problem: what a problem document's `type` leads to."""
    if code not in PROBLEMS:
        raise ApiProblem("not-found", f"There is no kind of problem called {code!r}.")
    return html.problem_page(code)


@router.get("/samples/{name}", response_class=Response)
async def sample(request: Request, name: str) -> Response:
    """A bundled sample photo."""
    found = next((one for one in bundled.samples() if one.name == name), None)
    if found is None:
        raise ApiProblem("not-found", f"There is no sample called {name!r}.")
    return pictures.respond(request, found.read(), "image/jpeg", tag=found.sha256, cache=pictures.ASK_AGAIN)


class Assets(StaticFiles):
    """Our own scripts, styles and fonts; the browser asks again each time, and is told when nothing has changed."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return the file at `path`."""
        if scope["method"] not in {"GET", "HEAD"}:
            raise ApiProblem("method-not-allowed", "Files are there to be read.", headers={"Allow": "HEAD, GET"})
        response = await super().get_response(path, scope)
        response.headers.setdefault("Cache-Control", "no-cache")
        return response
