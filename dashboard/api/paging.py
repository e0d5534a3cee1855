"""What every list takes, where to go on and how many to give, and what it answers with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Generic, Self, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from data.queries.page import DEFAULT_LIMIT, MAX_LIMIT, Page

Found = TypeVar("Found")
Item = TypeVar("Item")


class Paged(BaseModel):
    """Which part of a list; anything else that is asked is refused."""

    model_config = ConfigDict(extra="forbid")

    cursor: Annotated[str | None, Query(max_length=100, description="`next_cursor` of the page before.")] = None
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT


class ListView(BaseModel, Generic[Item]):
    """Some items of a list, and the cursor of those that follow, or null at the end."""

    items: list[Item]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[Found], view: Callable[[Found], Item]) -> Self:
        """Make it from what the query found, each item by `view`."""
        return cls(items=[view(item) for item in page.items], next_cursor=page.next_cursor)
