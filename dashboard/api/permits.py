"""Which action each route of the API is, so that one table says who may ask for it (`core.rights`).

1. A route that is in neither table here may be asked for by nobody: deny by default. A test fails on it.
2. `OPEN` may be asked for by whoever reaches the server, signed in or not.
3. The right is looked at before the request's body is read, and again at every request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.rights import Action

OPEN = frozenset(
    {
        ("GET", "/"),
        ("GET", "/health"),
        ("GET", "/ready"),
        ("GET", "/problems"),
        ("GET", "/problems/{code}"),
        ("GET", "/sign-in"),
        ("POST", "/sign-in"),
        ("POST", "/sign-out"),
        ("GET", "/welcome/{secret}"),
        ("POST", "/welcome/{secret}"),
    }
)

_READ: Mapping[str, Action] = {
    "/docs": "own.read",
    "/openapi.json": "own.read",
    "/samples/{name}": "own.read",
    "/v1/me": "own.read",
    "/v1/me/sign-ins": "own.profile",
    "/v1/me/tokens": "own.token",
    "/v1/people": "people.edit",
    "/v1/people/{person}": "people.edit",
    "/v1/tokens": "token.edit",
    "/previews/{inspection_id}.jpg": "inspection.read",
    "/inspections/{inspection_id}": "inspection.read",
    "/v1/inspections": "inspection.read",
    "/v1/inspections/{inspection_id}": "inspection.read",
    "/v1/inspections/{inspection_id}/image": "inspection.read",
    "/v1/inspections/{inspection_id}/overlay.svg": "inspection.read",
    "/v1/inspections/{inspection_id}/overlay.png": "inspection.read",
    "/v1/uploads/{file_id}": "run.submit",
    "/v1/runs": "inspection.read",
    "/v1/runs/{run_id}": "inspection.read",
    "/v1/runs/{run_id}/files": "inspection.read",
    "/v1/runs/{run_id}/results.csv": "inspection.read",
    "/v1/runs/{run_id}/events": "inspection.read",
    "/v1/units": "inspection.read",
    "/v1/units/{unit_id}": "inspection.read",
    "/v1/lots": "plant.read",
    "/v1/lots/{lot}": "plant.read",
    "/v1/recipes": "recipe.read",
    "/v1/recipes/{recipe_id}": "recipe.read",
    "/v1/sites": "plant.read",
    "/v1/sites/{site}": "plant.read",
    "/v1/lines": "plant.read",
    "/v1/lines/{line}": "plant.read",
    "/v1/stations": "plant.read",
    "/v1/stations/{station}": "plant.read",
    "/v1/stations/{station}/folder": "plant.read",
    "/v1/stations/{station}/reconciliation": "plant.read",
    "/v1/stations/{station}/reconciliation/hours": "plant.read",
    "/v1/audit": "audit.read",
    "/v1/audit/{table}/{row_id}": "audit.read",
    "/v1/system": "system.read",
    "/metrics": "metrics.read",
}

_WRITE: Mapping[tuple[str, str], Action] = {
    ("POST", "/v1/inspections"): "inspection.submit",
    ("POST", "/inspections"): "inspection.submit",
    ("POST", "/v1/uploads"): "run.submit",
    ("OPTIONS", "/v1/uploads"): "run.submit",
    ("PATCH", "/v1/uploads/{file_id}"): "run.submit",
    ("POST", "/v1/uploads/{file_id}"): "run.submit",
    ("DELETE", "/v1/uploads/{file_id}"): "run.submit",
    ("POST", "/v1/runs"): "run.submit",
    ("POST", "/v1/runs/{run_id}/complete"): "run.submit",
    ("POST", "/v1/runs/{run_id}/cancel"): "run.cancel",
    ("POST", "/v1/runs/{run_id}/retry"): "run.cancel",
    ("POST", "/v1/units"): "unit.tell",
    ("DELETE", "/v1/units/{unit_id}"): "unit.tell",
    ("POST", "/v1/lots"): "lot.start",
    ("PATCH", "/v1/lots/{lot}"): "lot.start",
    ("DELETE", "/v1/lots/{lot}"): "lot.start",
    ("POST", "/v1/lots/{lot}/hold"): "lot.hold",
    ("POST", "/v1/lots/{lot}/release"): "lot.release",
    ("POST", "/v1/lots/{lot}/close"): "lot.close",
    ("POST", "/v1/recipes"): "recipe.edit",
    ("PUT", "/v1/recipes/{recipe_id}/draft"): "recipe.edit",
    ("POST", "/v1/recipes/from-inspection/{inspection_id}"): "recipe.edit",
    ("POST", "/v1/recipes/{recipe_id}/publish"): "recipe.publish",
    ("POST", "/v1/sites"): "plant.edit",
    ("PATCH", "/v1/sites/{site}"): "plant.edit",
    ("DELETE", "/v1/sites/{site}"): "plant.edit",
    ("POST", "/v1/lines"): "plant.edit",
    ("PATCH", "/v1/lines/{line}"): "plant.edit",
    ("DELETE", "/v1/lines/{line}"): "plant.edit",
    ("POST", "/v1/stations"): "plant.edit",
    ("PATCH", "/v1/stations/{station}"): "plant.edit",
    ("DELETE", "/v1/stations/{station}"): "plant.edit",
    ("PUT", "/v1/stations/{station}/folder"): "folder.edit",
    ("DELETE", "/v1/stations/{station}/folder"): "folder.edit",
    ("POST", "/v1/stations/{station}/triggers"): "trigger.count",
    ("PATCH", "/v1/me"): "own.profile",
    ("POST", "/v1/me/password"): "own.profile",
    ("DELETE", "/v1/me/sign-ins"): "own.profile",
    ("DELETE", "/v1/me/sign-ins/{sign_in_id}"): "own.profile",
    ("POST", "/v1/me/tokens"): "own.token",
    ("DELETE", "/v1/me/tokens/{token_id}"): "own.token",
    ("POST", "/v1/people"): "people.edit",
    ("PATCH", "/v1/people/{person}"): "people.edit",
    ("POST", "/v1/people/{person}/link"): "people.edit",
    ("POST", "/v1/people/{person}/sign-out"): "people.edit",
    ("POST", "/v1/tokens"): "token.edit",
    ("DELETE", "/v1/tokens/{token_id}"): "token.edit",
}

PERMITS: Mapping[tuple[str, str], Action] = {("GET", path): action for path, action in _READ.items()} | dict(_WRITE)
"""The action of each route, by its method and its path as the app writes it."""


def describe(openapi: dict[str, Any], cookie: str) -> None:
    """Say in a description of the API how one comes in, and by each operation which right it wants.

    `cookie` is the name of the one that holds a sign-in.
    """
    openapi.setdefault("components", {})["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A token of a machine, or of one's own."},
        "session": {"type": "apiKey", "in": "cookie", "name": cookie, "description": "A sign-in at the pages."},
    }
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            right = PERMITS.get((method.upper(), path))
            operation["security"] = [{"token": [right]}, {"session": [right]}] if right else []
