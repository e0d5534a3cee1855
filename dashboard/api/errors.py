"""Every failure the API can answer with: the one place that knows their HTTP status codes.

1. Every answer that is not a success is a problem document (RFC 9457), whoever noticed the failure.
2. Its `type` is `/problems/<code>`, and that page exists: it is drawn from the table below.
3. Which error leads to which code stands in `dashboard.api.failures`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException

from dashboard.api.audit_errors import AUDIT_PROBLEMS
from dashboard.api.lot_errors import LOT_PROBLEMS
from dashboard.api.people_errors import PEOPLE_PROBLEMS
from dashboard.api.plant_errors import PLANT_PROBLEMS
from dashboard.api.problem_kind import ProblemKind
from dashboard.api.run_errors import RUN_PROBLEMS
from dashboard.api.watched_errors import WATCHED_PROBLEMS

Refusal = HTTPException
"""What the framework raises by itself, with a bare status; `ApiProblem` is one of our own."""

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2
EXAMPLE_REQUEST_ID = "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"


PROBLEMS: dict[str, ProblemKind] = {
    **AUDIT_PROBLEMS,
    **LOT_PROBLEMS,
    **PEOPLE_PROBLEMS,
    **PLANT_PROBLEMS,
    **RUN_PROBLEMS,
    **WATCHED_PROBLEMS,
    "bad-request": ProblemKind(
        400, "The request cannot be understood", "Its framing or form is broken.", "Compare it with the API's page."
    ),
    "body-too-large": ProblemKind(
        413,
        "The request is too large",
        "Its body holds more bytes than a request may; reading stopped there and nothing was kept.",
        "Send less, or raise MARKSIGHT_MAX_IMAGE_BYTES or, for an upload, MARKSIGHT_MAX_UPLOAD_BYTES.",
    ),
    "body-too-slow": ProblemKind(
        408,
        "The request came too slowly",
        "Its body kept the server waiting for too long; nothing was kept of it.",
        "Send it again, over a connection that is not stuck.",
    ),
    "conflict": ProblemKind(
        409, "Something stands against it", "It does not go together with what is there.", "See the detail."
    ),
    "cursor-invalid": ProblemKind(
        422,
        "The cursor is not one of ours",
        "A cursor is what `next_cursor` of the page before said, unchanged.",
        "Start again without a cursor.",
    ),
    "database-away": ProblemKind(
        503,
        "The database cannot be reached",
        "The request was not answered in full; what it asked for is done whole or not at all.",
        "Send it again after the seconds in Retry-After, a picture under the same Idempotency-Key.",
    ),
    "draft-changed": ProblemKind(
        409,
        "Somebody else has saved this draft",
        "It was saved since you read it.",
        "Read it again and make your change anew.",
    ),
    "forbidden": ProblemKind(403, "You may not do this", "Your role does not allow it.", "Ask an administrator."),
    "answer-unavailable": ProblemKind(
        503,
        "The picture is kept, but its inspection cannot be shown now",
        "The database went away after the picture was accepted.",
        "Ask for it later at the address in Location; do not send it again without the same Idempotency-Key.",
    ),
    "host-refused": ProblemKind(
        421,
        "This server goes by another name",
        "It listens to this machine alone, and was asked by a name that is not this machine's.",
        "Ask it at 127.0.0.1, or name the other host in MARKSIGHT_ALLOWED_HOSTS.",
    ),
    "idempotency-key-invalid": ProblemKind(
        400,
        "The idempotency key cannot be used",
        "A key has 1 to 200 printable ASCII characters.",
        "Make one, such as a UUID, for each request and repeat it only with the same content.",
    ),
    "idempotency-key-reused": ProblemKind(
        422,
        "The idempotency key was used for something else",
        "The same key came before with other content: another picture, other files, other fields or another address.",
        "Use a new key for a new request.",
    ),
    "image-animated": ProblemKind(
        422, "The picture moves", "It holds more than one frame.", "Send one frame as a still picture."
    ),
    "image-too-large": ProblemKind(
        413,
        "The picture has too many bytes",
        "It is over the limit of the setting MARKSIGHT_MAX_IMAGE_BYTES.",
        "Send a smaller or more tightly compressed picture, or raise the limit.",
    ),
    "image-too-many-pixels": ProblemKind(
        422,
        "The picture has too many pixels",
        "It is over the limit of the setting MARKSIGHT_MAX_IMAGE_PIXELS; it was not decoded.",
        "Send a smaller picture, or raise the limit.",
    ),
    "image-too-small": ProblemKind(
        422,
        "The picture is too small",
        "A mark cannot be read from so few pixels; see the setting MARKSIGHT_MIN_IMAGE_SIDE_PX.",
        "Send the picture as the camera made it.",
    ),
    "image-truncated": ProblemKind(
        422, "The picture is cut off or damaged", "Its file does not hold what its header promises.", "Send it again."
    ),
    "image-unsupported": ProblemKind(
        415,
        "This kind of picture is not supported",
        "It is a picture, but of a format or a depth that is not read here.",
        "Send JPEG, PNG, WebP, BMP or TIFF.",
    ),
    "inspection-not-found": ProblemKind(
        404, "There is no such inspection", "No inspection has this id.", "Look for it at /v1/inspections."
    ),
    "internal-error": ProblemKind(
        500,
        "Something went wrong here",
        "The server met a failure it did not expect; it has written it to its log.",
        "Try again; if it stays, tell the administrator the time of the request.",
    ),
    "method-not-allowed": ProblemKind(
        405,
        "This cannot be done here",
        "The address exists, but not for this method.",
        "Use one of the methods in the Allow header.",
    ),
    "multipart-invalid": ProblemKind(
        400,
        "The form is broken",
        "The body says it is multipart/form-data and cannot be read as such.",
        "Let your HTTP library build the form.",
    ),
    "no-evidence": ProblemKind(
        409,
        "There is no evidence to draw",
        "The inspection is not judged yet, or could not be.",
        "Ask again when its state is done.",
    ),
    "not-an-image": ProblemKind(
        415,
        "This is not a picture",
        "The bytes are not those of any known kind of picture, whatever the file is called.",
        "Send a JPEG, PNG, WebP, BMP or TIFF file.",
    ),
    "not-found": ProblemKind(404, "There is nothing here", "No page or resource has this address.", "Start at /."),
    "not-ready": ProblemKind(
        503,
        "A part is missing",
        "`parts` names every part the server needs, and the reason for each that is away.",
        "Mend what is named; `marksight doctor` says more.",
    ),
    "origin-refused": ProblemKind(
        403,
        "This page may not do that",
        "A web page of another origin asked for a change.",
        "Name its host in MARKSIGHT_ALLOWED_HOSTS if it is one of yours.",
    ),
    "picture-missing": ProblemKind(
        422,
        "There is no picture in the request",
        "The form has no file called `image`, or the body is empty.",
        "Send the picture as the form's file `image`, or as the body with Content-Type image/*.",
    ),
    "picture-unavailable": ProblemKind(
        404,
        "The picture is not in the store",
        "The inspection is there, but its picture's file is not.",
        "Check the store (setting MARKSIGHT_STORE_URL).",
    ),
    "range-not-satisfiable": ProblemKind(
        416, "The picture has no such range", "The bytes asked for lie outside of it.", "Ask for less."
    ),
    "rate-limited": ProblemKind(
        429,
        "Too many requests",
        "More requests came by this token, by this sign-in or from this address than a minute may have; this one was "
        "not carried out.",
        "Send it again after the seconds in Retry-After; RateLimit says in every answer what is left.",
    ),
    "recipe-ambiguous": ProblemKind(
        422,
        "More than one recipe fits",
        "Several recipes have this part number.",
        "Name one of them by its name or its id.",
    ),
    "recipe-invalid": ProblemKind(
        422, "The recipe cannot be used", "It breaks a rule at the place named in `where`.", "Correct that place."
    ),
    "recipe-not-found": ProblemKind(
        404, "There is no such recipe", "No recipe has this id.", "Look for it at /v1/recipes."
    ),
    "recipe-not-published": ProblemKind(
        409,
        "The recipe has no published version",
        "Only published versions judge; this recipe is a draft.",
        "Publish it first.",
    ),
    "recipe-taken": ProblemKind(
        409, "There is a recipe of this name", "Names of recipes are unique.", "Choose another name."
    ),
    "recipe-unknown": ProblemKind(
        422,
        "The request names a recipe that does not exist",
        "No recipe has this id, name or part number; nothing was kept.",
        "Look at /v1/recipes; without a recipe the mark is read and not judged.",
    ),
    "reference-unknown": ProblemKind(
        422,
        "The request names something that does not exist",
        "`kind` and `reference` say what; nothing was kept.",
        "Correct the name, or make it first.",
    ),
    "request-invalid": ProblemKind(
        422,
        "The request does not fit",
        "A parameter or field is missing or of the wrong kind; `errors` names each.",
        "Correct them.",
    ),
    "store-full": ProblemKind(
        507,
        "There is no room for the picture",
        "The image store, or the disk it comes in over, is full; nothing was kept of what did not fit.",
        "Make room in the store (MARKSIGHT_STORE_URL) and in the state folder (MARKSIGHT_HOME), then send it again.",
    ),
    "store-unavailable": ProblemKind(
        503,
        "The image store cannot be used",
        "The picture could not be kept or read; nothing was changed.",
        "Send it again after the seconds in Retry-After; /ready says what is wrong.",
    ),
    "unauthenticated": ProblemKind(
        401,
        "Nobody is signed in",
        "Only whoever has signed in, or shows a token that is good, may ask for this.",
        "Sign in, or send a token with the request: Authorization: Bearer ms_...",
    ),
    "unsupported-media-type": ProblemKind(
        415,
        "This content type is not taken here",
        "A picture comes as multipart/form-data or as image/*, a piece of a file as application/offset+octet-stream.",
        "Set Content-Type to what the body is.",
    ),
    "unprocessable": ProblemKind(
        422, "The request cannot be carried out", "A rule stands against it; the detail says which.", "See the detail."
    ),
}

_BY_STATUS = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    408: "body-too-slow",
    413: "body-too-large",
    415: "unsupported-media-type",
    416: "range-not-satisfiable",
    422: "unprocessable",
    429: "rate-limited",
    503: "database-away",
}


def code_of_status(status: int) -> str:
    """Return the code that says what a bare HTTP status says, for failures noticed by the framework."""
    return _BY_STATUS.get(status, "bad-request" if status < 500 else "internal-error")


class ApiProblem(HTTPException):
    """A failure noticed in the API, by its code in `PROBLEMS`; `extra` members go into the document."""

    def __init__(self, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: object) -> None:
        super().__init__(PROBLEMS[code].status, detail, headers)
        self.code = code
        self.extra = extra


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of an operation that may answer with these problems, and with those that any may."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for code in sorted({*codes, *ANYWHERE}):
        kind = PROBLEMS[code]
        found = by_status.setdefault(kind.status, {"description": "", "content": {MEDIA_TYPE: {"examples": {}}}})
        found["description"] += f"{kind.title} (`{code}`). "
        example = document(code, kind.meaning, "/v1/...", {"request_id": EXAMPLE_REQUEST_ID})
        found["content"][MEDIA_TYPE]["examples"][code] = {"value": example}
        found["content"][MEDIA_TYPE]["schema"] = {"$ref": "#/components/schemas/ProblemView"}
    return by_status


ANYWHERE = (
    "bad-request",
    "body-too-large",
    "body-too-slow",
    "database-away",
    "forbidden",
    "internal-error",
    "rate-limited",
    "request-invalid",
    "unauthenticated",
)


def document(code: str, detail: str, instance: str, extra: Mapping[str, object]) -> dict[str, object]:
    """Return the problem document of `code` for the resource at the path `instance`."""
    kind = PROBLEMS[code]
    own = {"type": f"/problems/{code}", "title": kind.title, "status": kind.status, "detail": detail}
    return {**own, "remedy": kind.remedy, "instance": instance, **extra}
