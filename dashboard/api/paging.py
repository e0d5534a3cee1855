"""What every list takes: where to go on, and how many to give."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from data.queries.page import DEFAULT_LIMIT, MAX_LIMIT


class Paged(BaseModel):
    """Which part of a list; anything else that is asked is refused."""

    model_config = ConfigDict(extra="forbid")

    cursor: Annotated[str | None, Query(max_length=100, description="`next_cursor` of the page before.")] = None
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
