"""Pictures as they are served: what never changes may be kept for ever, and ranges are given where asked for."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from dashboard.api.errors import ApiProblem
from dashboard.browser_policy import PICTURE, POLICY

FOR_EVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def respond(request: Request, data: bytes, media_type: str, *, tag: str, cache: str = FOR_EVER) -> Response:
    """Return bytes that never change under `tag`, or the range of them that was asked for.

    Raises:
        ApiProblem: the range lies outside of them.
    """
    if unchanged(request, tag):
        return not_modified(tag, cache)
    headers = {POLICY: PICTURE, "ETag": f'"{tag}"', "Cache-Control": cache, "Accept-Ranges": "bytes"}
    span = _span(request, len(data), f'"{tag}"')
    if span is None:
        return Response(data, headers=headers, media_type=media_type)
    headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{len(data)}"
    return Response(data[span.start : span.stop], status_code=206, headers=headers, media_type=media_type)


def unchanged(request: Request, tag: str) -> bool:
    """Return whether the client has what `tag` names already."""
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    return "*" in known or f'"{tag}"' in known


def not_modified(tag: str, cache: str) -> Response:
    """Return the answer to a client that has it already."""
    return Response(status_code=304, headers={"ETag": f'"{tag}"', "Cache-Control": cache})


def _span(request: Request, size: int, etag: str) -> range | None:
    """Return the one range that was asked for; several, or words we do not know, mean the whole."""
    asked = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if asked is None or request.headers.get("if-range", etag) != etag or asked.group() == "bytes=-":
        return None
    first, last = asked.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(int(last) + 1, size) if first and last else size
    if start >= size or stop <= start:
        raise ApiProblem(
            "range-not-satisfiable",
            f"The picture has {size} bytes; {asked.group()} lies outside of them.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return range(start, stop)
