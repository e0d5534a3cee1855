"""The description of the API is complete: every operation, its problems, its examples; and it needs no other host."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.routing import Route

from dashboard.api.app import EXEMPLIFIED, create_app
from dashboard.api.errors import PROBLEMS
from dashboard.api.lot_schemas import LotChange, LotStartBody
from dashboard.api.me import MeChange
from dashboard.api.people_schemas import NewPersonBody, OwnTokenBody, PasswordBody, PersonChange, TokenBody
from dashboard.api.permits import PERMITS
from dashboard.api.plant_views import SiteView
from dashboard.api.units import NewUnitBody
from data.settings import Settings
from tests.dashboard.bare_services import BareServices


@pytest.fixture
def schema(tmp_path: Path) -> dict[str, Any]:
    return create_app(BareServices(Settings(home=tmp_path))).openapi()  # type: ignore[arg-type]


def operations(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{method} {path}": told for path, both in schema["paths"].items() for method, told in both.items()}


PROMISED = {
    "post /v1/inspections", "get /v1/inspections", "get /v1/inspections/{inspection_id}",
    "get /v1/inspections/{inspection_id}/image", "get /v1/inspections/{inspection_id}/overlay.png",
    "get /v1/inspections/{inspection_id}/overlay.svg", "get /v1/recipes", "post /v1/recipes",
    "get /v1/recipes/{recipe_id}", "put /v1/recipes/{recipe_id}/draft", "post /v1/recipes/{recipe_id}/publish",
    "post /v1/recipes/from-inspection/{inspection_id}",
    "get /v1/sites", "post /v1/sites", "get /v1/sites/{site}", "patch /v1/sites/{site}", "delete /v1/sites/{site}",
    "get /v1/lines", "post /v1/lines", "get /v1/lines/{line}", "patch /v1/lines/{line}", "delete /v1/lines/{line}",
    "get /v1/stations", "post /v1/stations", "get /v1/stations/{station}", "patch /v1/stations/{station}",
    "delete /v1/stations/{station}",
    "put /v1/stations/{station}/folder", "get /v1/stations/{station}/folder", "delete /v1/stations/{station}/folder",
    "post /v1/stations/{station}/triggers", "get /v1/stations/{station}/reconciliation",
    "get /v1/stations/{station}/reconciliation/hours",
    "get /v1/lots", "post /v1/lots", "get /v1/lots/{lot}", "post /v1/lots/{lot}/hold", "post /v1/lots/{lot}/release",
    "post /v1/lots/{lot}/close", "patch /v1/lots/{lot}", "delete /v1/lots/{lot}",
    "get /v1/units", "post /v1/units", "get /v1/units/{unit_id}", "delete /v1/units/{unit_id}",
    "post /v1/uploads", "options /v1/uploads", "get /v1/uploads/{file_id}", "patch /v1/uploads/{file_id}",
    "delete /v1/uploads/{file_id}", "get /v1/runs", "post /v1/runs", "get /v1/runs/{run_id}",
    "get /v1/runs/{run_id}/files", "get /v1/runs/{run_id}/results.csv", "get /v1/runs/{run_id}/events",
    "post /v1/runs/{run_id}/complete", "post /v1/runs/{run_id}/cancel", "post /v1/runs/{run_id}/retry",
    "get /v1/audit", "get /v1/audit/{table}/{row_id}",
    "get /health", "get /ready", "get /metrics", "get /v1/system",
    "get /v1/me", "patch /v1/me", "post /v1/me/password", "get /v1/me/sign-ins", "delete /v1/me/sign-ins",
    "delete /v1/me/sign-ins/{sign_in_id}", "get /v1/me/tokens", "post /v1/me/tokens", "delete /v1/me/tokens/{token_id}",
    "get /v1/people", "post /v1/people", "get /v1/people/{person}", "patch /v1/people/{person}",
    "post /v1/people/{person}/link", "post /v1/people/{person}/sign-out",
    "get /v1/tokens", "post /v1/tokens", "delete /v1/tokens/{token_id}",
}  # fmt: skip


def test_every_promised_operation_is_described_and_no_other(schema: dict[str, Any]) -> None:
    assert set(operations(schema)) == PROMISED


def test_each_operation_says_which_right_it_wants_and_how_one_shows_it(schema: dict[str, Any]) -> None:
    assert set(schema["components"]["securitySchemes"]) == {"token", "session"}
    for name, told in operations(schema).items():
        method, path = name.split()
        right = PERMITS.get((method.upper(), path))
        assert told["security"] == ([{"token": [right]}, {"session": [right]}] if right else [])


def test_operations_have_names_of_their_own_and_words(schema: dict[str, Any]) -> None:
    told = operations(schema).values()
    assert len({each["operationId"] for each in told}) == len(PROMISED)
    assert all(each["summary"] and each["description"] and each["tags"] for each in told)


def test_every_problem_an_operation_names_is_a_kind_of_problem(schema: dict[str, Any]) -> None:
    for name, operation in operations(schema).items():
        for status, answer in operation["responses"].items():
            if status.startswith(("4", "5")):
                ((media, content),) = answer["content"].items()
                assert media == "application/problem+json", (name, status)
                for code, example in content["examples"].items():
                    assert PROBLEMS[code].status == int(status) == example["value"]["status"]


def test_nothing_is_described_in_the_frameworks_own_way_of_failing(schema: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in str(schema)


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    names = set(re.findall(r"#/components/schemas/(\w+)", str(schema)))
    assert names <= set(schema["components"]["schemas"])
    assert "ProblemView" in names


ANSWERS: list[type[BaseModel]] = [*EXEMPLIFIED, SiteView]


@pytest.mark.parametrize("shape", ANSWERS, ids=lambda shape: shape.__name__)
def test_the_example_of_an_answer_is_whole_and_as_it_would_be_served(
    schema: dict[str, Any], shape: type[BaseModel]
) -> None:
    (example,) = schema["components"]["schemas"][shape.__name__]["examples"]
    assert shape(**example).model_dump(mode="json") == example


def test_every_other_example_is_of_what_is_sent_and_fits(schema: dict[str, Any]) -> None:
    others = {name: each["examples"] for name, each in schema["components"]["schemas"].items() if "examples" in each}
    people = (NewPersonBody, OwnTokenBody, PasswordBody, PersonChange, TokenBody)
    shapes: tuple[type[BaseModel], ...] = (LotStartBody, LotChange, MeChange, NewUnitBody, *people)
    sent = {shape.__name__: shape for shape in shapes}
    assert set(others) - {shape.__name__ for shape in ANSWERS} == set(sent)
    for name, shape in sent.items():
        (example,) = others[name]
        assert shape(**example).model_dump(mode="json", exclude_unset=True) == example


def test_a_picture_may_come_as_a_form_or_bare(schema: dict[str, Any]) -> None:
    body = schema["paths"]["/v1/inspections"]["post"]["requestBody"]["content"]
    assert set(body) == {"multipart/form-data", "image/*"}
    parameters = {each["name"] for each in schema["paths"]["/v1/inspections"]["post"]["parameters"]}
    assert parameters == {
        "wait_ms", "recipe", "part_number", "station", "lot", "unit_serial", "carrier", "row", "column", "lighting",
        "trigger_number", "Idempotency-Key",
    }  # fmt: skip


def test_every_route_is_described_or_meant_not_to_be(tmp_path: Path) -> None:
    app = create_app(BareServices(Settings(home=tmp_path)))  # type: ignore[arg-type]
    included = [getattr(route, "original_router", None) for route in app.routes]
    routes = [*app.routes, *(route for router in included if router for route in router.routes)]
    hidden = {route.path for route in routes if isinstance(route, Route) and not route.include_in_schema}
    assert hidden == {
        "/", "/docs", "/inspections", "/inspections/{inspection_id}", "/openapi.json", "/problems", "/problems/{code}",
        "/samples/{name}", "/previews/{inspection_id}.jpg", "/v1/uploads/{file_id}", "/sign-in", "/sign-out",
        "/welcome/{secret}",
    }  # fmt: skip
