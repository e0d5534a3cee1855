"""From errors to answers: which problem each error is, and how the app says it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Match

from core.errors import (
    AccountInvalid,
    ImageRefused,
    LotTextInvalid,
    MarksightError,
    NamingInvalid,
    PasswordUnfit,
    PlaceInvalid,
    RecipeInvalid,
)
from dashboard.api import html
from dashboard.api.errors import MEDIA_TYPE, PROBLEMS, RETRY_AFTER_S, ApiProblem, Refusal, code_of_status, document
from dashboard.api.patterns import in_words
from dashboard.api.request_id import id_of
from data import errors as data_errors
from data.outage import AWAY, is_away, is_unmade
from workers.errors import LinkSpent, SignInPaused, SignInRefused, SpoolFull

log = logging.getLogger(__name__)

CODES: dict[type[MarksightError], str] = {
    RecipeInvalid: "recipe-invalid",
    LotTextInvalid: "lot-text-invalid",
    PlaceInvalid: "place-invalid",
    AccountInvalid: "account-invalid",
    PasswordUnfit: "password-unfit",
    data_errors.AccountTaken: "account-taken",
    data_errors.LastAdmin: "last-admin",
    LinkSpent: "link-spent",
    SignInPaused: "sign-in-paused",
    SignInRefused: "sign-in-refused",
    data_errors.PlaceTaken: "place-taken",
    data_errors.PlaceAmbiguous: "place-ambiguous",
    data_errors.PlaceInUse: "place-in-use",
    data_errors.ChangedMeanwhile: "changed-meanwhile",
    data_errors.CursorInvalid: "cursor-invalid",
    data_errors.IdempotencyMismatch: "idempotency-key-reused",
    data_errors.DraftChanged: "draft-changed",
    data_errors.NameTaken: "recipe-taken",
    data_errors.NothingPublished: "recipe-not-published",
    data_errors.PartAmbiguous: "recipe-ambiguous",
    data_errors.LotNotOpen: "lot-not-open",
    data_errors.LotDisagrees: "lot-disagrees",
    data_errors.LotInUse: "lot-in-use",
    data_errors.UnitInUse: "unit-in-use",
    data_errors.UnitTaken: "unit-taken",
    data_errors.FolderUnfit: "folder-unfit",
    NamingInvalid: "naming-invalid",
    SpoolFull: "spool-full",
    data_errors.UploadBusy: "upload-busy",
    data_errors.UploadIncomplete: "upload-incomplete",
    data_errors.UploadEnded: "upload-ended",
    data_errors.UploadTooLong: "upload-too-long",
    data_errors.OffsetMismatch: "offset-mismatch",
    data_errors.DigestMismatch: "digest-mismatch",
    data_errors.Conflict: "conflict",
    data_errors.StoreFull: "store-full",
    data_errors.BlobMissing: "picture-unavailable",
    data_errors.StoreError: "store-unavailable",
    data_errors.NotFound: "not-found",
    MarksightError: "unprocessable",
}
"""The problem that each class of our own errors is; the nearest class of an error counts."""

NOT_FOUND = {
    "inspection": "inspection-not-found",
    "picture of inspection": "inspection-not-found",
    "recipe": "recipe-not-found",
    "lot": "lot-not-found",
    "unit": "unit-not-found",
    "site": "place-not-found",
    "line": "place-not-found",
    "station": "place-not-found",
    "run": "run-not-found",
    "upload": "upload-not-found",
    "watched folder of station": "folder-not-watched",
    "user": "person-not-found",
    "sign-in": "sign-in-not-found",
    "token": "token-not-found",
}
"""What is missing at an address, by the kind that `NotFound` names."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_UNREACHED = "The database cannot be reached."
_UNMADE = "The database has no tables yet: it is being set up, or waits for `marksight migrate`."
_LATER = {"Retry-After": str(RETRY_AFTER_S)}


def install(app: FastAPI) -> None:
    """Give `app` an answer to every failure."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(MarksightError, _told)
    app.add_exception_handler(ClientDisconnect, _gone)
    for kind in AWAY:
        app.add_exception_handler(kind, _away)
    app.add_exception_handler(Exception, _unexpected)


def answer(
    request: Request, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: object
) -> Response:
    """Return the problem `code` as the answer to `request`."""
    told = {"request_id": id_of(request), **extra}
    return _Problem(document(code, detail, request.url.path, told), PROBLEMS[code].status, headers)


class _Problem(JSONResponse):
    """A problem document; what of the request is told again in it may hold halves of characters, which it does not."""

    media_type = MEDIA_TYPE

    def render(self, content: object) -> bytes:
        """Return the document as UTF-8."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def code_of(error: MarksightError) -> str:
    """Return the problem that an error of our own tree is."""
    if isinstance(error, ImageRefused):
        return error.code
    if isinstance(error, data_errors.NotFound) and error.kind in NOT_FOUND:
        return NOT_FOUND[error.kind]
    return next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)


async def _refused(request: Request, error: Exception) -> Response:
    """A problem raised by our own routes, or a bare status by the framework."""
    assert isinstance(error, Refusal)  # noqa: S101 - by registration
    if isinstance(error, ApiProblem):
        return answer(request, error.code, error.detail, headers=error.headers, **error.extra)
    code = code_of_status(error.status_code)
    if code == "not-found" and is_browser(request):
        return HTMLResponse(html.not_found_page(request.url.path), error.status_code)
    headers = _allowing(request, error.headers) if code == "method-not-allowed" else error.headers
    return answer(request, code, _DETAILS.get(code, error.detail).format(request=request), headers=headers)


_DETAILS = {
    "not-found": "Nothing has the address {request.url.path}.",
    "method-not-allowed": "{request.url.path} does not answer to {request.method}.",
}


def _allowing(request: Request, headers: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """Name every method of an address; the framework names only those of the first route that has it."""
    asked = {method: {**request.scope, "method": method} for method in METHODS}
    routes = request.app.routes
    found = [name for name, scope in asked.items() if any(route.matches(scope)[0] is Match.FULL for route in routes)]
    return {"Allow": ", ".join(["HEAD", *found] if "GET" in found else found)} if found else headers


def is_browser(request: Request) -> bool:
    """Return whether somebody looks at the answer in a browser."""
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - by registration
    errors = [{"where": ".".join(map(str, found["loc"])), "message": in_words(found)} for found in error.errors()]
    detail = "; ".join(f"{found['where']}: {found['message']}" for found in errors)
    return answer(request, "request-invalid", detail, errors=errors)


async def _told(request: Request, error: Exception) -> Response:
    """An error of our own tree, whose message is fit to be shown."""
    assert isinstance(error, MarksightError)  # noqa: S101 - by registration
    code = code_of(error)
    return answer(request, code, str(error), headers=_headers(code, error), **_extra(error))


def _extra(error: MarksightError) -> Mapping[str, object]:
    """Return what a program that reads the answer is told beside the words."""
    told = _TOLD.items()
    return {member: getattr(error, member) for kind, member in told if isinstance(error, kind)}


_TOLD: dict[type[MarksightError], str] = {
    RecipeInvalid: "where",
    LotTextInvalid: "where",
    AccountInvalid: "where",
    PlaceInvalid: "where",
    data_errors.PlaceTaken: "id",
    data_errors.UnitTaken: "id",
    data_errors.PlaceInUse: "by",
}


def _headers(code: str, error: MarksightError) -> Mapping[str, str] | None:
    if isinstance(error, data_errors.OffsetMismatch):
        return {"Upload-Offset": str(error.offset)}
    if isinstance(error, SpoolFull | SignInPaused):
        return {"Retry-After": str(error.retry_s)}
    return _LATER if code in {"store-unavailable", "upload-busy"} else None


async def _gone(request: Request, _error: Exception) -> Response:
    """The client went away in the middle of its body; nobody reads this."""
    return answer(request, "bad-request", "The request ended before its body did.")


async def _away(request: Request, error: Exception) -> Response:
    """The database is away, or what looks like it is a failure of our own after all."""
    if not is_away(error):
        raise error
    log.warning("%s %s: database away: %s: %s", request.method, request.url.path, type(error).__name__, error)
    return answer(request, "database-away", _UNMADE if is_unmade(error) else _UNREACHED, headers=_LATER)


async def _unexpected(request: Request, _error: Exception) -> Response:
    """What nobody foresaw; the server logs it with its traceback."""
    return answer(request, "internal-error", "The server met a failure it did not expect.")
