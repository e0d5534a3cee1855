"""`POST /v1/uploads`: any number of files in one form, each safe before the next is looked at.

1. Nothing is held but what came last: bytes go from the connection into the incoming file.
2. What is said in fields stands before the files, so that a run is begun only when all of it fits.
3. A form that is cut off or refused in its middle leaves, under an idempotency key, a pending run that the same request
   goes on with; without a key nobody could, so the run has failed and says why.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from core.errors import MarksightError
from dashboard.api import resumable, uploads_doc
from dashboard.api.body import chunks, content_digest, hex_digest
from dashboard.api.depends import WithServices, WithUser
from dashboard.api.errors import ApiProblem
from dashboard.api.intake import check_key
from dashboard.api.multipart import Part, parts
from dashboard.api.references import references
from dashboard.api.run_fields import run_fields
from dashboard.api.run_schemas import RunView
from dashboard.api.upload import FORM, MAX_FIELD_BYTES, MAX_FIELDS, path_name
from data.concerning import learn
from data.queries import runs
from workers.composition import Services
from workers.receiving import Sender, begin, complete, give_up, receive

PATH = "/v1/uploads"
FILE_NAMES = ("file", "files", "image")
DIGEST = "sha256"
MAX_FILES = 100_000

router = APIRouter(tags=["uploads"])

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Makes a repeated request harmless, and lets one that was cut off be gone on with: the same key "
        "with the same fields and files gives the same run.",
    ),
]


@router.post(
    PATH,
    operation_id="createUpload",
    summary="Upload files as a run",
    status_code=202,
    response_model=RunView,
    responses=uploads_doc.ANSWERS,
    openapi_extra=uploads_doc.BODY,
)
async def create_upload(request: Request, services: WithServices, user: WithUser, key: Key = None) -> Response:
    """Upload pictures and zip archives: all files of a form at once, or one file piece by piece (tus 1.0.0).

    The answer to a form comes when every file is safe; look for what becomes of them at `Location`.
    """
    check_key(key)
    sender = Sender(user.name, key)
    if resumable.is_spoken(request):
        return await resumable.create(request, services, sender)
    if not request.headers.get("content-type", "").lower().startswith(FORM):
        raise ApiProblem(
            "unsupported-media-type", f"Files come as {FORM}, or piece by piece with Tus-Resumable: 1.0.0."
        )
    await services.incoming.check_room(_announced(request))
    run_id = await _receive(request, services, sender)
    learn(run_id=run_id)
    async with services.database.session() as session:
        view = RunView.of(await runs.summary(session, run_id))
    headers = {"Location": view.url, "Cache-Control": "no-store"}
    return Response(view.model_dump_json(), 202, headers, "application/json")


def _announced(request: Request) -> int:
    """Return how long the body says it is."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isdigit() else 0


async def _receive(request: Request, services: Services, sender: Sender) -> UUID:
    form = _Form(services, sender)
    try:
        async for part in parts(request.headers["content-type"], chunks(request)):
            await form.take(part)
        return await form.end()
    except Exception as error:
        if form.run_id is not None and sender.key is None:
            code = "UPLOAD_CUT_OFF" if isinstance(error, ClientDisconnect) else "UPLOAD_REFUSED"
            await give_up(services, form.run_id, code=code, detail=_why(error))
        raise


def _why(error: Exception) -> str:
    """Return what is told of a run that ends in the middle; of what nobody foresaw, nothing of its own words."""
    if isinstance(error, ClientDisconnect):
        return "The connection was cut before all files had come; send them again, best with an Idempotency-Key."
    if isinstance(error, ApiProblem):
        return error.detail
    return str(error) if isinstance(error, MarksightError) else "The server met a failure it did not expect."


class _Form:
    """What has come of a form so far."""

    def __init__(self, services: Services, sender: Sender) -> None:
        self._services = services
        self._sender = sender
        self._fields: dict[str, str] = {}
        self._digest: bytes | None = None
        self._files = 0
        self.run_id: UUID | None = None

    async def take(self, part: Part) -> None:
        """Take one part, to its end."""
        if part.file_name is None:
            await self._take_field(part)
            return
        first = await anext(part.chunks, b"")
        if first or part.file_name:  # else a file input that was left empty
            await self._take_file(part, first)

    async def end(self) -> UUID:
        """Complete the run."""
        if self.run_id is None:
            raise ApiProblem("files-missing", f"The form has no file called {', '.join(FILE_NAMES)}.")
        await complete(self._services, self.run_id, files=self._files)
        return self.run_id

    async def _take_field(self, part: Part) -> None:
        value = await _text(part)
        if part.name == DIGEST:
            self._digest = hex_digest(value) if value else None
            return
        if self.run_id is not None:
            raise ApiProblem("multipart-invalid", f"The field {part.name[:40]} came behind a file; fields come first.")
        self._fields[part.name] = value
        if len(self._fields) > MAX_FIELDS:
            raise ApiProblem("multipart-invalid", f"The form has more than {MAX_FIELDS} fields.")

    async def _take_file(self, part: Part, first: bytes) -> None:
        if part.name not in FILE_NAMES:
            raise ApiProblem("multipart-invalid", f"A file is called {', '.join(FILE_NAMES)}, not {part.name[:40]!r}.")
        if self._files == MAX_FILES:
            raise ApiProblem("files-too-many", f"A form may hold {MAX_FILES} files.")
        digest = content_digest(part.headers.get("content-digest")) or self._digest
        if self.run_id is None:
            fields = run_fields(self._fields, "form")
            with references():
                self.run_id = await begin(self._services, fields.particulars(), self._sender)
        name, body = path_name(part.file_name or ""), _from(first, part.chunks)
        await receive(self._services, self.run_id, name, body, position=self._files, digest=digest)
        self._files, self._digest = self._files + 1, None


async def _text(part: Part) -> str:
    value = b""
    async for chunk in part.chunks:
        value += chunk
        if len(value) > MAX_FIELD_BYTES:
            raise ApiProblem("multipart-invalid", f"The field {part.name[:40]} has more than {MAX_FIELD_BYTES} bytes.")
    return value.decode("utf-8", "replace")


async def _from(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for chunk in rest:
        yield chunk
