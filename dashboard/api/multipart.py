"""A form taken apart while it comes: its parts one after another, each part's bytes as they arrive.

1. Nothing is held but the chunk that came last, and the headers of the part it is in.
2. A part's bytes are taken before the next part is asked for; what is left of them is thrown away then.
3. A form that ends before its closing boundary is broken, whatever came whole before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Literal

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from dashboard.api.errors import ApiProblem

MAX_HEADER_BYTES = 64 * 1024
"""Of one header of a part: room for names of files that are thousands of characters long."""

Kind = Literal["begin", "header_field", "header_value", "header_end", "headers", "data", "part_end", "end"]
Event = tuple[Kind, bytes]


@dataclass(frozen=True)
class Part:
    """One part of a form; `file_name` is None for a field, and empty where a form's file input was left empty."""

    name: str
    file_name: str | None
    headers: Mapping[str, str]
    chunks: AsyncGenerator[bytes, None]


async def parts(content_type: str, body: AsyncIterator[bytes]) -> AsyncIterator[Part]:
    """Yield the parts of a form.

    Raises:
        ApiProblem: it is broken.
    """
    form = _Form(content_type, body)
    while await form.next_of("begin", "end") == "begin":
        headers = await form.headers()
        name, file_name = _disposition(headers)
        chunks = form.chunks()
        yield Part(name, file_name, headers, chunks)
        await _throw_away(chunks)  # what nobody wanted of it
    await _throw_away(body)  # what stands behind the form is no part of it


class _Form:
    """The events of the push parser, pulled."""

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        if not boundary:
            raise _broken("its Content-Type names no boundary")
        self._body = body
        self._events: deque[Event] = deque()
        note = self._events.append
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": lambda: note(("begin", b"")),
                    "on_header_field": lambda data, start, end: note(("header_field", data[start:end])),
                    "on_header_value": lambda data, start, end: note(("header_value", data[start:end])),
                    "on_header_end": lambda: note(("header_end", b"")),
                    "on_headers_finished": lambda: note(("headers", b"")),
                    "on_part_data": lambda data, start, end: note(("data", data[start:end])),
                    "on_part_end": lambda: note(("part_end", b"")),
                    "on_end": lambda: note(("end", b"")),
                },
                max_header_size=MAX_HEADER_BYTES,
            )
        except FormParserError as error:
            raise _broken(str(error)) from error

    async def next_of(self, *kinds: Kind) -> Kind:
        """Return the kind of the next event, which must be one of `kinds`."""
        kind, _ = await self._next()
        if kind not in kinds:
            raise _broken(f"{kind} where {' or '.join(kinds)} was expected")
        return kind

    async def headers(self) -> dict[str, str]:
        """Take the headers of a part."""
        found: dict[str, str] = {}
        name = value = b""
        while (event := await self._next())[0] != "headers":
            kind, data = event
            if kind == "header_field":
                name += data
            elif kind == "header_value":
                value += data
            else:
                found[name.decode("latin-1").lower()] = value.decode("utf-8", "replace")
                name = value = b""
        return found

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of a part."""
        while (event := await self._next())[0] == "data":
            yield event[1]

    async def _next(self) -> Event:
        while not self._events:
            try:
                self._parser.write(await anext(self._body))
            except StopAsyncIteration:
                raise _broken("it ends before its closing boundary") from None
            except FormParserError as error:
                raise _broken(str(error)) from error
        return self._events.popleft()


async def _throw_away(chunks: AsyncIterator[bytes]) -> None:
    async for _ in chunks:
        pass


def _disposition(headers: Mapping[str, str]) -> tuple[str, str | None]:
    """Return a part's name and its file's name, as UTF-8 says them."""
    kind, options = parse_options_header(headers.get("content-disposition", "").encode().decode("latin-1"))
    if kind != b"form-data" or b"name" not in options:
        raise _broken("a part has no name")
    file_name = options.get(b"filename")
    return _text(options[b"name"]), None if file_name is None else _text(file_name)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _broken(words: str) -> ApiProblem:
    return ApiProblem("multipart-invalid", f"The form cannot be read: {words}.")
