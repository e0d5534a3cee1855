"""What a request says of sites, lines and stations, and what OpenAPI tells of their routes."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from dashboard.api.errors import ApiProblem, documented
from dashboard.api.paging import Paged
from dashboard.api.upload import Word

MAX_SAID = 1000
"""Longest text taken; `core.place_name` says what of it may be a name."""

_ETAG = {"ETag": {"schema": {"type": "string"}, "description": "For `If-Match` of a change."}}
_LOCATION = {"Location": {"schema": {"type": "string"}, "description": "Where it is."}}
_TAGS = re.compile(r'^\s*"[^"]*"(\s*,\s*"[^"]*")*\s*$')

Reference = Annotated[str, Path(min_length=1, max_length=MAX_SAID, description="Its id or its name.")]
Said = Annotated[str, Field(max_length=MAX_SAID)]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=1000,
        description="The `ETag` that was read: the change is made only if it is still so. Left out, the last one wins.",
    ),
]

LISTED = documented("cursor-invalid", "reference-unknown", "place-ambiguous")
SHOWN: dict[int | str, dict[str, Any]] = {
    200: {"headers": _ETAG},
    **documented("place-not-found", "place-ambiguous"),
}
MADE: dict[int | str, dict[str, Any]] = {
    201: {"headers": {**_LOCATION, **_ETAG}},
    **documented("place-taken", "place-invalid", "place-ambiguous", "reference-unknown", "origin-refused"),
}
CHANGED: dict[int | str, dict[str, Any]] = {
    200: {"headers": _ETAG},
    **documented(
        "place-not-found",
        "place-taken",
        "place-invalid",
        "place-ambiguous",
        "reference-unknown",
        "changed-meanwhile",
        "origin-refused",
    ),
}
REMOVED = documented("place-not-found", "place-in-use", "place-ambiguous", "changed-meanwhile", "origin-refused")


class Listed(Paged):
    """Which places to list; what is left out lets all through."""

    find: Annotated[Word | None, Query(description="Found anywhere in a name, in any case.")] = None


class ListedLines(Listed):
    """Which lines to list."""

    site: Annotated[Word | None, Query(description="A site's id or name.")] = None


class ListedStations(ListedLines):
    """Which stations to list."""

    line: Annotated[Word | None, Query(description="A line's id or name.")] = None


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewSite(_Told):
    """A site to be."""

    name: Said
    time_zone: Annotated[Said, Field(description="A name of the tz database.", examples=["Europe/Berlin"])] = "UTC"


class NewLine(_Told):
    """A line to be, and the id or name of its site."""

    name: Said
    site: Said


class NewStation(_Told):
    """A station to be, and the id or name of its line."""

    name: Said
    line: Said


class SiteChange(_Told):
    """What is to be otherwise about a site; what is left out stays."""

    name: Said = ""
    time_zone: Said = ""


class LineChange(_Told):
    """What is to be otherwise about a line; another site moves it there."""

    name: Said = ""
    site: Said = ""


class StationChange(_Told):
    """What is to be otherwise about a station; another line moves it there."""

    name: Said = ""
    line: Said = ""


def tag(if_match: str | None) -> str | None:
    """Return the tag that a change asks for; None: any.

    Raises:
        ApiProblem: it is none of ours.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tags = [each.strip().strip('"') for each in if_match.split(",")]
    if not _TAGS.match(if_match) or len(tags) != 1:
        raise ApiProblem("bad-request", 'If-Match has one ETag as it was given, in quotes, or "*".')
    return tags[0]
