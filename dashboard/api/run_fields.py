"""What is said beside the files of a run, however it comes: as a form's fields, as JSON, as metadata of an upload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from dashboard.api.patterns import PRINTABLE
from dashboard.api.upload import MAX_NAME, Word
from data.tables import RunType
from workers.receiving import RunParticulars

MAX_PLACES = 1000
"""Rows, or columns, of a tray."""

Label = Annotated[str, StringConstraints(max_length=MAX_NAME, pattern=PRINTABLE)]
Places = Annotated[int, Field(ge=1, le=MAX_PLACES)]


class RunFields(BaseModel):
    """What is said of a run. Without `recipe` and `part_number` the marks are read and not judged."""

    model_config = ConfigDict(extra="forbid")

    type: Annotated[RunType, Field(description="`parts`: a picture is a part; `tray`: it shows many.")] = "parts"
    label: Annotated[Label, Field(description="What people call this run.")] = ""
    recipe: Annotated[Word | None, Field(description="A recipe's name or id, or a part number.")] = None
    part_number: Annotated[Word | None, Field(description="The part number, when no recipe is named.")] = None
    station: Annotated[Word | None, Field(description="The station's name; the bench when left out.")] = None
    lot: Annotated[Word | None, Field(description="The lot's code.")] = None
    carrier: Annotated[Word | None, Field(description="The tray's own name, when type is tray.")] = None
    rows: Annotated[Places | None, Field(description="Rows of the tray, when type is tray.")] = None
    columns: Annotated[Places | None, Field(description="Columns of the tray, when type is tray.")] = None

    @model_validator(mode="after")
    def _whole_tray(self) -> RunFields:
        self.particulars()
        return self

    def particulars(self) -> RunParticulars:
        """Return them as the use cases take them."""
        return RunParticulars(**self.model_dump())


def run_fields(given: Mapping[str, str], where: str) -> RunFields:
    """Return fields told as text; an empty one is as good as none.

    Raises:
        RequestValidationError: one is not known or cannot be used.
    """
    try:
        return RunFields.model_validate({name: value for name, value in given.items() if value != ""})
    except ValidationError as error:
        found = [{**fault, "loc": (where, *fault["loc"])} for fault in error.errors(include_url=False)]
        raise RequestValidationError(found) from error
