"""The page about the API, drawn from its OpenAPI description: every operation with all it takes and answers.

It is whole without its script, which only looks through it and copies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dashboard.api import html
from dashboard.api.curl import curl
from dashboard.api.errors import PROBLEMS
from dashboard.api.reference_schema import fields, kind, limits, prose, row, table
from layouts.elements import element, text

Described = dict[str, Any]
RULES = """Every answer that is not a success is a problem document (RFC 9457); its `type` leads to a page about it.

Lists run from the newest; `next_cursor` of one page is `cursor` of the next, and null at the end. Times carry their
zone, durations are in seconds, scores are shares of 1.

A picture that may have to be sent again carries an `Idempotency-Key`: the same key with the same picture is one
inspection, however often it comes.

Every answer says the id of its request in `X-Request-Id`, and a problem as `request_id`: the one that the request said
of itself there (1 to 100 letters, digits, `.`, `_`, `:`, `-`), else one made for it. `/v1/audit` finds by it what came
of the request.

How many requests a minute a token, a sign-in or an address may send is told in `RateLimit-Policy`, and what is left in
`RateLimit`, as in `"token";r=29990;t=42`. What is too many is answered with 429 and a `Retry-After`."""
_PROBLEM = re.compile(r"<code>([a-z-]+)</code>")


@dataclass(frozen=True)
class Operation:
    """One operation: how it is asked for, and its description."""

    method: str
    path: str
    told: Described

    @property
    def id(self) -> str:
        """Its name, which is its place on the page."""
        return str(self.told["operationId"])

    @property
    def tag(self) -> str:
        """The group it belongs to."""
        return str(self.told.get("tags", ["other"])[0])

    @property
    def summary(self) -> str:
        """What it does, in a few words."""
        return str(self.told.get("summary", ""))


def reference_page(openapi: Described, origin: str) -> str:
    """Return the page; `origin` is the address at which the server was asked."""
    operations = [
        Operation(method, path, told) for path, methods in openapi["paths"].items() for method, told in methods.items()
    ]
    tags = list(dict.fromkeys(operation.tag for operation in operations))
    groups = {tag: [operation for operation in operations if operation.tag == tag] for tag in tags}
    shapes = openapi.get("components", {}).get("schemas", {})
    main = [_intro(openapi["info"]), *(_group(tag, found, origin) for tag, found in groups.items()), _shapes(shapes)]
    nav = element("nav", *(_index(tag, found) for tag, found in groups.items()), aria_label="Operations")
    columns = element("div", nav, element("main", *main), class_="columns")
    script = '<script src="/assets/js/reference.js" defer></script>'
    return html.page("API", _strip(openapi["info"]), columns, script, css="reference", sheets=["reference"])


def _strip(info: Described) -> str:
    find = (
        '<label class="find"><span class="visually-hidden">Find an operation</span>'
        '<input type="search" placeholder="Find an operation" autocomplete="off">'
        '<kbd aria-hidden="true">/</kbd></label>'
    )
    home = element("a", text(info["title"]), class_="brand", href="/")
    return element("header", home, element("span", f"API, version {text(info['version'])}"), find)


def _intro(info: Described) -> str:
    links = (
        element("a", "The whole description, for machines", href="/openapi.json"),
        element("a", "All kinds of problems", href="/problems"),
    )
    lead = element("p", text(info.get("description", "")), class_="lead")
    return element("section", "<h1>API</h1>", lead, *prose(RULES), element("p", " · ".join(links)), class_="intro")


def _index(tag: str, operations: list[Operation]) -> str:
    links = (
        element("li", element("a", _method(one), element("span", text(one.summary)), href=f"#{one.id}"), data_of=one.id)
        for one in operations
    )
    return element("div", element("h2", text(tag.capitalize())), element("ul", *links))


def _group(tag: str, operations: list[Operation], origin: str) -> str:
    return element("section", element("h2", text(tag.capitalize())), *(_article(one, origin) for one in operations))


def _article(one: Operation, origin: str) -> str:
    address = element("p", _method(one), element("code", text(one.path)), class_="address")
    title = element("h3", element("a", text(one.summary), href=f"#{one.id}"))
    parts = [_parameters(one), _body(one), _answers(one), _example(one, origin)]
    words = prose(one.told.get("description", ""))
    return element("article", title, address, *words, *parts, id=one.id)


def _method(one: Operation) -> str:
    return element("b", one.method.upper(), class_=f"method {one.method}")


def _parameters(one: Operation) -> str:
    rows = [
        row(
            told["name"],
            kind(_given(told["schema"])),
            told.get("description", ""),
            limits(told["schema"]),
            required=told.get("required", False),
            place=told["in"],
        )
        for told in one.told.get("parameters", ())
    ]
    return element("h4", "Parameters") + table(("Name", "Kind", "Meaning"), rows) if rows else ""


def _given(schema: Described) -> Described:
    """Return the schema of a parameter that is given: null means nothing but that it is left out."""
    parts = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return {"anyOf": parts} if parts else schema


def _body(one: Operation) -> str:
    body = one.told.get("requestBody")
    if body is None:
        return ""
    required = "" if body.get("required") else " It may be left out."
    words = prose(body.get("description", "") + required)
    return "".join([element("h4", "Body"), *words, *(_content(*each) for each in body["content"].items())])


def _content(media_type: str, told: Described) -> str:
    schema = _given(told.get("schema", {}))
    (only,) = schema["anyOf"] if len(schema.get("anyOf", ())) == 1 else (schema,)
    described = "".join(prose(only.get("description", "")))
    shape = fields(only) if only.get("properties") else element("p", kind(only))
    return element("p", element("code", text(media_type)), class_="media") + described + shape


def _answers(one: Operation) -> str:
    rows = [_answer(status, told) for status, told in sorted(one.told["responses"].items())]
    return element("h4", "Answers") + table(("Status", "Kind", "Meaning"), rows)


def _answer(status: str, told: Described) -> str:
    content = told.get("content", {})
    kinds = [
        kind(each["schema"]) if "$ref" in each.get("schema", {}) else text(media) for media, each in content.items()
    ]
    meaning = "".join(prose(told.get("description", "")))
    linked = _PROBLEM.sub(_linked, meaning)
    headers = [
        element("small", f"{text(name)}: {text(each.get('description', ''))}")
        for name, each in told.get("headers", {}).items()
        if "$ref" not in each  # what every answer has is told above, once
    ]
    head = element("th", element("code", status), scope="row")
    return element("tr", head, element("td", ", ".join(dict.fromkeys(kinds))), element("td", linked, *headers))


def _linked(found: re.Match[str]) -> str:
    code = found.group(1)
    return element("a", found.group(), href=f"/problems/{code}") if code in PROBLEMS else found.group()


def _example(one: Operation, origin: str) -> str:
    command = curl(origin, one.path, one.method, one.told)
    copy = '<button type="button" class="copy" hidden>Copy</button>'
    return element("h4", "Example") + element(
        "div", element("pre", element("code", text(command))), copy, class_="shell"
    )


def _shapes(schemas: Described) -> str:
    return element("section", element("h2", "Shapes"), *_each_shape(schemas))


def _each_shape(schemas: Described) -> Iterator[str]:
    for name, schema in schemas.items():
        words = prose(schema.get("description", ""))
        yield element("article", element("h3", text(name)), *words, fields(schema), *_shown(schema), id=name)


def _shown(schema: Described) -> Iterator[str]:
    for example in schema.get("examples", ()):
        written = element("pre", element("code", text(json.dumps(example, indent=2, ensure_ascii=False))))
        yield element("details", element("summary", "Example"), written)
