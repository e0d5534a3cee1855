"""Resumable uploads: the protocol tus 1.0.0 (https://tus.io/protocols/resumable-upload), over `/v1/uploads`.

Core, creation, creation-with-upload, termination, expiration and checksum. An upload is a run of its own, complete with
its last byte, unless its metadata name a `run` that was begun at `/v1/runs`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.api import uploads_doc
from dashboard.api.body import chunks, from_base64
from dashboard.api.depends import WithServices
from dashboard.api.errors import ApiProblem, documented
from dashboard.api.references import references
from dashboard.api.run_fields import run_fields
from dashboard.api.run_schemas import UploadView
from dashboard.api.upload import path_name
from data.errors import DigestMismatch, OffsetMismatch, UploadTooLong
from workers.composition import Services
from workers.receiving import Announced, Sender
from workers.resuming import Checksum, Progress, add_file, announce, append, progress, terminate

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,expiration,checksum"
ALGORITHMS = {"sha256": hashlib.sha256, "sha1": lambda: hashlib.sha1(usedforsecurity=False)}
"""Of checksums; the protocol wants SHA-1, and it guards against damage alone."""

PIECE = "application/offset+octet-stream"
PATH = "/v1/uploads"
NAMES = ("filename", "name", "relativePath")
IGNORED = {"filetype", "relativePath", "name"}
"""Metadata that common clients send by themselves."""

_NUMBER = re.compile(r"[0-9]{1,18}")

router = APIRouter(tags=["uploads"])


def is_spoken(request: Request) -> bool:
    """Tell whether a request speaks tus."""
    return "tus-resumable" in request.headers


class TusVersion:
    """Middleware that says the protocol's version in every answer to who speaks it, problems too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        speaks = scope["type"] == "http" and any(name == b"tus-resumable" for name, _ in scope["headers"])

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Tus-Resumable"] = VERSION
            await send(message)

        await self.app(scope, receive, told if speaks else send)


@router.options(
    PATH,
    operation_id="describeUploads",
    summary="Say what resumable uploads can do here",
    status_code=204,
    responses=uploads_doc.OPTIONS,
)
async def describe_uploads(services: WithServices) -> Response:
    """Say which version and extensions of tus are spoken, and the largest upload."""
    return Response(
        status_code=204,
        headers={
            "Allow": "OPTIONS, POST",
            "Tus-Resumable": VERSION,
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(services.settings.max_upload_bytes),
            "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
        },
    )


async def create(request: Request, services: Services, sender: Sender) -> Response:
    """Begin an upload, with its first bytes if they come along; of one that was begun before, under its key, say how
    far it has come.
    """
    _check_version(request)
    length = _number(request, "Upload-Length")
    if length > services.settings.max_upload_bytes:
        raise ApiProblem("body-too-large", f"An upload may hold {services.settings.max_upload_bytes} bytes at most.")
    told = _metadata(request.headers.get("upload-metadata", ""))
    file = Announced(path_name(next((told[name] for name in NAMES if told.get(name)), "")), length)
    fields = {name: value for name, value in told.items() if name not in {*NAMES, *IGNORED, "run"}}
    if told.get("run") and any(fields.values()):
        raise ApiProblem("request-invalid", f"Upload-Metadata: the run says {', '.join(fields)} already; leave it out.")
    await services.incoming.check_room(length)
    with references("run", "upload"):
        if told.get("run"):
            found = await add_file(services, _run_id(told["run"]), file, sender)
        else:
            found = await announce(services, run_fields(fields, "metadata").particulars(), sender, file)
    if request.headers.get("content-type", "") == PIECE and not found.stored and found.offset == 0:
        try:
            found = await _append(request, services, found.file_id, offset=0)
        except OffsetMismatch:  # the same request, at the same time, was first
            found = await progress(services, found.file_id)
    view = UploadView.of(found, services.clock())
    return Response(
        view.model_dump_json(), 201, {**_headers(view), "Location": view.url}, media_type="application/json"
    )


@router.get(
    f"{PATH}/{{file_id}}",
    operation_id="getUpload",
    summary="Say how far an upload has come",
    responses={
        200: uploads_doc.PROGRESS,
        **documented("upload-not-found", "upload-ended", "upload-busy", "store-full"),
    },
)
async def get_upload(request: Request, services: WithServices, file_id: UUID) -> UploadView:
    """Say how many bytes are safe, in the header Upload-Offset too; `HEAD` says the same without a body."""
    if is_spoken(request):
        _check_version(request)
    view = UploadView.of(await progress(services, file_id), services.clock())
    return Response(view.model_dump_json(), 200, _headers(view), "application/json")  # type: ignore[return-value]


@router.patch(
    f"{PATH}/{{file_id}}",
    operation_id="appendToUpload",
    summary="Send the next piece of an upload",
    status_code=204,
    responses=uploads_doc.PIECE_ANSWERS,
    openapi_extra=uploads_doc.PIECE_BODY,
)
async def append_to_upload(
    request: Request,
    services: WithServices,
    file_id: UUID,
    upload_offset: Annotated[int | None, Header(ge=0, description="How many bytes came before.")] = None,
    upload_checksum: Annotated[str | None, Header(description="`sha256 <base64>` of this piece.")] = None,
) -> Response:
    """Send the bytes behind those that are safe. With the last of them the file is stored, and a run of its own begins.

    A piece that is cut off is kept as far as it came, one with a checksum whole or not at all.
    """
    _check_version(request)
    if request.headers.get("content-type", "") != PIECE:
        raise ApiProblem("unsupported-media-type", f"A piece of a file comes as {PIECE}.", headers={"Accept": PIECE})
    if upload_offset is None:
        raise ApiProblem("bad-request", "The header Upload-Offset is missing.")
    found = await _append(request, services, file_id, offset=upload_offset, checksum=upload_checksum)
    return Response(status_code=204, headers=_headers(UploadView.of(found, services.clock())))


@router.delete(
    f"{PATH}/{{file_id}}",
    operation_id="deleteUpload",
    summary="Take an upload back",
    status_code=204,
    responses=documented("upload-not-found", "upload-ended", "tus-version", "origin-refused"),
)
async def delete_upload(request: Request, services: WithServices, file_id: UUID) -> Response:
    """Take back a file that has not come whole; a run of its own is cancelled with it."""
    if is_spoken(request):
        _check_version(request)
    await terminate(services, file_id)
    return Response(status_code=204)


Handler = Callable[..., Awaitable[Response]]


@router.post(f"{PATH}/{{file_id}}", include_in_schema=False)
async def overridden(
    request: Request,
    services: WithServices,
    file_id: UUID,
    upload_offset: Annotated[int | None, Header(ge=0)] = None,
    upload_checksum: Annotated[str | None, Header()] = None,
) -> Response:
    """Do what `X-HTTP-Method-Override` says, for clients behind proxies that know `GET` and `POST` alone."""
    method = request.headers.get("x-http-method-override", "").upper()
    if method == "PATCH":
        return await append_to_upload(request, services, file_id, upload_offset, upload_checksum)
    if method == "DELETE":
        return await delete_upload(request, services, file_id)
    raise ApiProblem("method-not-allowed", "Send PATCH, or say so in X-HTTP-Method-Override.", headers=_ALLOWED)


_ALLOWED = {"Allow": "GET, HEAD, PATCH, DELETE"}


async def _append(
    request: Request, services: Services, file_id: UUID, *, offset: int, checksum: str | None = None
) -> Progress:
    length = request.headers.get("content-length", "")
    if length.isdigit():
        found = await progress(services, file_id)
        if offset + int(length) > found.length:
            raise UploadTooLong(f"{found.length} bytes of {found.name} were announced, and more come.")
    check = _checksum(checksum or request.headers.get("upload-checksum"))
    try:
        return await append(services, file_id, chunks(request), offset=offset, checksum=check)
    except DigestMismatch as error:
        raise ApiProblem("checksum-mismatch", str(error)) from error


def _check_version(request: Request) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise ApiProblem("tus-version", f"Tus-Resumable must say {VERSION}.", headers={"Tus-Version": VERSION})


def _number(request: Request, name: str) -> int:
    told = request.headers.get(name, "")
    if not _NUMBER.fullmatch(told):
        raise ApiProblem("bad-request", f"The header {name} must say how many bytes; it says {told[:40] or 'nothing'}.")
    return int(told)


def _metadata(header: str) -> dict[str, str]:
    """Return the pairs of `Upload-Metadata`: names, and values in base64."""
    told: dict[str, str] = {}
    for pair in filter(None, header.split(",")):
        name, _, value = pair.strip().partition(" ")
        try:
            told[name] = base64.b64decode(value, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise ApiProblem("bad-request", f"Upload-Metadata: {name[:40]} is no UTF-8 text in base64.") from None
    return told


def _run_id(told: str) -> UUID:
    try:
        return UUID(told)
    except ValueError:
        raise ApiProblem("bad-request", "Upload-Metadata: run is no id of a run.") from None


def _checksum(header: str | None) -> Checksum | None:
    if header is None:
        return None
    name, _, value = header.partition(" ")
    if name not in ALGORITHMS:
        raise ApiProblem("bad-request", f"Checksums are {' or '.join(ALGORITHMS)}, not {name[:40]}.")
    hasher = ALGORITHMS[name]()
    return Checksum(from_base64(value.strip(), hasher.digest_size, "Upload-Checksum"), hasher)


def _headers(view: UploadView) -> dict[str, str]:
    headers = {"Upload-Offset": str(view.offset), "Upload-Length": str(view.length), "Cache-Control": "no-store"}
    if view.expires_at is not None:
        headers["Upload-Expires"] = format_datetime(view.expires_at, usegmt=True)
    return headers
