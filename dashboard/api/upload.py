"""A picture as it comes: as the file of a form, or as the body itself."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from dashboard.api.errors import ApiProblem
from dashboard.api.patterns import ONE_LINE
from workers.intake import Shot

MAX_FIELDS = 16
MAX_FIELD_BYTES = 4096
MAX_NAME = 200
MAX_PATH = 1000
MAX_PICTURES = 8
"""Pictures of one unit, each lit in its own way; together they have as many bytes as one may."""
UNNAMED = "unnamed"
FORM = "multipart/form-data"
BARE = ("image/", "application/octet-stream")

Word = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME, pattern=ONE_LINE)]


class Beside(BaseModel):
    """What is said beside the picture. Without `recipe` and `part_number` the mark is read and not judged."""

    model_config = ConfigDict(extra="forbid")

    recipe: Annotated[Word | None, Field(description="A recipe's name or id, or a part number.")] = None
    part_number: Annotated[Word | None, Field(description="The part number, when no recipe is named.")] = None
    station: Annotated[Word | None, Field(description="The station's name; the bench when left out.")] = None
    lot: Annotated[Word | None, Field(description="The lot's code.")] = None
    unit_serial: Annotated[Word | None, Field(description="The unit's serial; made up when left out.")] = None
    carrier: Annotated[Word | None, Field(description="The carrier it lies in, with `row` and `column`.")] = None
    row: Annotated[int | None, Field(ge=1, lt=2**31, description="Its row in the carrier, from 1.")] = None
    column: Annotated[int | None, Field(ge=1, lt=2**31, description="Its column in the carrier, from 1.")] = None
    lighting: Annotated[Word | None, Field(description="How the picture was lit.")] = None
    trigger_number: Annotated[
        int | None, Field(ge=0, lt=2**62, description="The station's own count of its triggers.")
    ] = None


@dataclass(frozen=True)
class Submission:
    """A picture's bytes, what the sender called its file, what was said beside it, and others of the same unit."""

    data: bytes
    file_name: str | None
    beside: Beside
    others: tuple[Shot, ...] = ()


async def read(request: Request, asked: Beside) -> Submission:
    """Read a request to the end, within its limits; `asked` is what its address says, which a form may override.

    Raises:
        ApiProblem: there is no picture, the form is broken, or the body is of another kind.
        RequestValidationError: the form has a field that is not known or cannot be used.
    """
    kind = request.headers.get("content-type", "").lower()
    if kind.startswith(FORM):
        return _seated(await _from_form(request, asked))
    if kind.startswith(BARE):
        return _seated(Submission(_some(await request.body()), None, asked))
    raise ApiProblem(
        "unsupported-media-type",
        f"A picture comes as {FORM} or as image/*; this request says {kind or 'nothing'}.",
        headers={"Accept": f"{FORM}, image/*"},
    )


async def _from_form(request: Request, asked: Beside) -> Submission:
    parser = MultiPartParser(
        request.headers, request.stream(), max_files=MAX_PICTURES, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES
    )
    parser.spool_max_size = sys.maxsize  # in memory: it must be whole before it is kept, and its size is bounded
    try:
        form = await parser.parse()
        images = [image for image in form.getlist("image") if isinstance(image, UploadFile)]
        if not images or len(images) < len(form.getlist("image")):
            raise ApiProblem("picture-missing", "The form has no file called image, or ends within it.")
        fields = {name: value for name, value in form.multi_items() if name not in {"image", "lighting"}}
        first, *others = _lightings(form.getlist("lighting"), len(images), asked)
        data = [_some(await image.read()) for image in images]
        beside = _beside({**fields, "lighting": first}, asked)
        shots = tuple(Shot(*shot) for shot in zip(data[1:], others, strict=True))
        return Submission(data[0], plain_name(images[0].filename), beside, shots)
    except MultiPartException as error:
        raise ApiProblem("multipart-invalid", f"The form cannot be read: {error.message}") from error
    finally:
        for file in parser._files_to_close_on_error:  # those of a form cut off too, which `parse` forgets
            file.close()


def _lightings(said: Sequence[Any], count: int, asked: Beside) -> list[str | None]:
    """Return how each picture was lit: as said in their order, or not at all."""
    if said and len(said) != count:
        raise _fault("lighting", f"expected one for each of the {count} pictures, in their order, or none")
    checked = [_beside({"lighting": one}, asked).lighting for one in said]
    return checked or [None] * count


def _seated(submission: Submission) -> Submission:
    said = submission.beside
    if len({part is None for part in (said.carrier, said.row, said.column)}) > 1:
        raise _fault("carrier", "expected carrier, row and column together")
    return submission


def _fault(field: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"loc": ("form", field), "msg": message, "type": "value_error"}])


def _beside(fields: dict[str, Any], asked: Beside) -> Beside:
    given = {name: value for name, value in fields.items() if value not in {"", None}}
    try:
        return Beside(**{**asked.model_dump(exclude_none=True), **given})
    except ValidationError as error:
        found = [{**fault, "loc": ("form", *fault["loc"])} for fault in error.errors(include_url=False)]
        raise RequestValidationError(found) from error


def _some(data: bytes) -> bytes:
    if not data:
        raise ApiProblem("picture-missing", "The picture is empty.")
    return data


def plain_name(name: str | None) -> str | None:
    """Return a file's name without folders and control characters, at most `MAX_NAME` long, or None for no name."""
    if not name:
        return None
    last = PurePosixPath(name.replace("\\", "/")).name
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "", last)[-MAX_NAME:] or None


def path_name(name: str) -> str:
    """Return a file's name with its folders and without control characters, at most `MAX_PATH` long from its end.

    Folders are parted by `/`; what would lead out of them is left out. A file without a name is called `unnamed`.
    """
    printable = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "", name.replace("\\", "/"))
    return _steps(_steps(printable)[-MAX_PATH:]) or UNNAMED  # again: a step that was cut may lead out


def _steps(path: str) -> str:
    return "/".join(step for step in path.split("/") if step.strip() not in {"", ".", ".."})
