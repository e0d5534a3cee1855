"""What OpenAPI says of uploads: their kinds of body, and everything they may answer."""

from __future__ import annotations

from typing import Any

from dashboard.api.errors import documented
from dashboard.api.run_fields import RunFields
from dashboard.api.run_schemas import RunView, UploadView
from dashboard.api.upload import FORM

_BINARY = {"type": "string", "format": "binary"}
_HEADERS: dict[str, Any] = {
    "Upload-Offset": {"schema": {"type": "integer"}, "description": "How many bytes are safe."},
    "Upload-Length": {"schema": {"type": "integer"}, "description": "How many bytes there will be."},
    "Upload-Expires": {"schema": {"type": "string"}, "description": "When it is given up if no more bytes come."},
}
_LOCATION = {"Location": {"schema": {"type": "string"}, "description": "Where the run, or the upload, is."}}


def _form() -> dict[str, Any]:
    fields = RunFields.model_json_schema()["properties"]
    files = {"type": "array", "items": {**_BINARY, "description": "A picture or a zip archive."}}
    sha256 = {"type": "string", "description": "Before a file: its SHA-256 in hexadecimal, which is then checked."}
    return {"type": "object", "required": ["files"], "properties": {**fields, "sha256": sha256, "files": files}}


BODY: dict[str, Any] = {
    "requestBody": {
        "description": "The files of a run, behind the fields that say what they are. Without a body, and with "
        "`Tus-Resumable: 1.0.0`, `Upload-Length` and `Upload-Metadata` (`filename`, the fields, or the `run` it "
        "belongs to): one file that comes piece by piece.",
        "content": {FORM: {"schema": _form()}, "application/offset+octet-stream": {"schema": _BINARY}},
    }
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    201: {"description": "Begun; send its bytes to `Location`.", "model": UploadView, "headers": _HEADERS | _LOCATION},
    202: {"description": "Every file is safe and will be opened.", "model": RunView, "headers": _LOCATION},
    **documented(
        "checksum-mismatch", "digest-mismatch", "files-missing", "files-too-many", "idempotency-key-invalid",
        "idempotency-key-reused", "lot-disagrees", "lot-not-open", "multipart-invalid", "origin-refused",
        "recipe-ambiguous", "recipe-not-published", "recipe-unknown", "reference-unknown", "run-not-found",
        "store-full", "store-unavailable", "tus-version", "unsupported-media-type", "upload-busy", "upload-ended",
        "upload-too-long",
    ),
}  # fmt: skip
PIECE_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/offset+octet-stream": {"schema": _BINARY}}}
}
PIECE_ANSWERS: dict[int | str, dict[str, Any]] = {
    204: {"description": "The piece is safe; the last one makes the file stored.", "headers": _HEADERS},
    **documented(
        "checksum-mismatch", "offset-mismatch", "origin-refused", "store-full", "store-unavailable", "tus-version",
        "unsupported-media-type", "upload-busy", "upload-ended", "upload-not-found", "upload-too-long",
    ),
}  # fmt: skip
PROGRESS: dict[str, Any] = {"description": "How far it has come.", "headers": _HEADERS}
OPTIONS: dict[int | str, dict[str, Any]] = {
    204: {
        "description": "The headers Tus-Version, Tus-Extension, Tus-Max-Size and Tus-Checksum-Algorithm.",
    },
    **documented(),
}
