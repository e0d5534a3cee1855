"""From errors to answers: which problem each error is, and how the app says it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import Request

from core.errors import ImageRefused, MarksightError, RecipeInvalid
from dashboard.api import html
from dashboard.api.errors import MEDIA_TYPE, PROBLEMS, RETRY_AFTER_S, ApiProblem, code_of_status, document

log = logging.getLogger(__name__)


def install(app: FastAPI) -> None:
    """Give `app` an answer to every failure."""
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(MarksightError, _told)
    app.add_exception_handler(Exception, _unexpected)


def answer(
    request: Request, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: object
) -> Response:
    """Return the problem `code` as the answer to `request`."""
    content = document(code, detail, request.url.path, extra)
    return JSONResponse(content, PROBLEMS[code].status, headers, MEDIA_TYPE)


async def _refused(request: Request, error: Exception) -> Response:
    """A problem raised by our own routes, or a bare status by the framework."""
    assert isinstance(error, HTTPException)  # noqa: S101 - by registration
    if isinstance(error, ApiProblem):
        return answer(request, error.code, error.detail, headers=error.headers, **error.extra)
    code = code_of_status(error.status_code)
    if code == "not-found" and _is_browser(request):
        return HTMLResponse(html.not_found_page(request.url.path), error.status_code)
    return answer(request, code, _DETAILS.get(code, error.detail).format(request=request), headers=error.headers)


_DETAILS = {
    "not-found": "Nothing has the address {request.url.path}.",
    "method-not-allowed": "{request.url.path} does not answer to {request.method}.",
}


def _is_browser(request: Request) -> bool:
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - by registration
    errors = [{"where": ".".join(map(str, found["loc"])), "message": found["msg"]} for found in error.errors()]
    detail = "; ".join(f"{found['where']}: {found['message']}" for found in errors)
    return answer(request, "request-invalid", detail, errors=errors)


async def _told(request: Request, error: Exception) -> Response:
    """An error of our own tree, whose message is fit to be shown."""
    if isinstance(error, ImageRefused):
        return answer(request, error.code, error.detail)
    if isinstance(error, RecipeInvalid):
        return answer(request, "recipe-invalid", str(error), where=error.where)
    return answer(request, "unprocessable", str(error))


async def _unexpected(request: Request, error: Exception) -> Response:
    """What nobody foresaw; the server above logs it with its traceback."""
    if any(isinstance(error, kind) for kind in _AWAY):
        log.warning("%s %s: %s: %s", request.method, request.url.path, type(error).__name__, error)
        return answer(request, "database-away", "The database cannot be reached.", headers=_LATER)
    return answer(request, "internal-error", "The server met a failure it did not expect.")


_LATER = {"Retry-After": str(RETRY_AFTER_S)}
_AWAY: tuple[type[Exception], ...] = (ConnectionError,)
