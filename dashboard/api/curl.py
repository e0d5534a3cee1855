"""How an operation is asked for on the command line, from its OpenAPI description."""

from __future__ import annotations

import json
import shlex
from typing import Any

from dashboard.api.schemas import EXAMPLE_ID

Described = dict[str, Any]
WAIT = "wait_ms=5000"
FORM, JSON = "multipart/form-data", "application/json"


def curl(origin: str, path: str, method: str, operation: Described) -> str:
    """Return a command for a POSIX shell that asks the server at `origin`; what is optional is left out."""
    address = origin + _filled(path, operation)
    words = [*_method(method, operation), *_body(operation), *_kept(operation), address]
    return " ".join(["curl", *(word if word.startswith("-") else shlex.quote(word) for word in words)])


def _filled(path: str, operation: Described) -> str:
    names = {one["name"]: one["in"] for one in operation.get("parameters", ())}
    for name in (name for name, place in names.items() if place == "path"):
        path = path.replace(f"{{{name}}}", EXAMPLE_ID)
    return f"{path}?{WAIT}" if "wait_ms" in names else path


def _method(method: str, operation: Described) -> list[str]:
    """Return how the method is said: with a form, and without a body to GET, curl knows it by itself."""
    implied = {"get": not _content(operation), "post": FORM in _content(operation)}
    return [] if implied.get(method) else ["-X", method.upper()]


def _body(operation: Described) -> list[str]:
    content = _content(operation)
    if FORM in content:
        return ["-F", "image=@part.jpg", "-F", "recipe=MC74HC32AN DIP-14"]
    if JSON not in content:
        return []
    examples = content[JSON].get("schema", {}).get("examples") or content[JSON].get("examples") or [{}]
    return ["-H", f"Content-Type: {JSON}", "-d", json.dumps(examples[0], ensure_ascii=False)]


def _kept(operation: Described) -> list[str]:
    """Return where a picture that is answered with is kept: nobody wants it on the terminal."""
    answer = operation["responses"].get("200", {}).get("content", {})
    kind = next((one.split("/")[1] for one in answer if one.startswith("image/")), None)
    return [] if kind is None else ["-o", "picture" if kind == "*" else f"overlay.{kind.removesuffix('+xml')}"]


def _content(operation: Described) -> Described:
    found: Described = operation.get("requestBody", {}).get("content", {})
    return found
