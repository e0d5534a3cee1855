"""The page about the API says all that its description says, and nothing that comes from outside becomes markup."""

from __future__ import annotations

import re
import shlex
from html import escape
from typing import Any

import httpx
import pytest

from dashboard.api.app import create_app
from dashboard.api.curl import curl
from dashboard.api.errors import PROBLEMS
from dashboard.api.reference import reference_page
from dashboard.api.reference_schema import kind, limits, prose
from data.settings import Settings
from layouts.elements import text
from tests.dashboard.bare_services import BareServices

ORIGIN = "http://127.0.0.1:8080"


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = Settings(home=tmp_path_factory.mktemp("home"))
    return create_app(BareServices(home)).openapi()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def page(schema: dict[str, Any]) -> str:
    return reference_page(schema, ORIGIN)


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(method, path, told) for path, methods in schema["paths"].items() for method, told in methods.items()]


def test_every_operation_stands_there_with_all_it_takes_and_answers(schema: dict[str, Any], page: str) -> None:
    for _, path, told in operations(schema):
        (article,) = re.findall(rf'<article id="{told["operationId"]}">.*?</article>', page, re.DOTALL)
        assert f"<code>{path}</code>" in article
        assert text(told["summary"]) in article
        for parameter in told.get("parameters", ()):
            assert f"<code>{parameter['name']}</code>" in article
        for media_type in told.get("requestBody", {}).get("content", {}):
            assert f"<code>{media_type}</code>" in article
        for status in told["responses"]:
            assert f"<code>{status}</code>" in article


def test_every_operation_is_in_the_index_under_its_group(schema: dict[str, Any], page: str) -> None:
    nav = page[page.index("<nav") : page.index("</nav>")]
    for _, _, told in operations(schema):
        assert f'href="#{told["operationId"]}"' in nav
    groups = {tag.capitalize() for _, _, told in operations(schema) for tag in told["tags"]}
    headings = re.findall(r"<h2>(.*?)</h2>", nav)
    assert (set(headings), len(headings)) == (groups, len(groups))
    assert headings[0] == "Inspections"
    assert headings[-1] == "System"


def test_every_link_on_the_page_leads_somewhere(page: str) -> None:
    ids = set(re.findall(r' id="([^"]+)"', page))
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links <= ids
    assert len(links) > 20
    assert set(re.findall(r'href="/problems/([^"]+)"', page)) <= set(PROBLEMS)
    assert 'href="/problems/image-truncated"' in page


def test_the_page_asks_no_other_host(page: str) -> None:
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(addresses) > 20
    assert [address for address in addresses if not re.match(r"[/#](?!/)", address)] == []


def test_no_name_stands_twice_on_the_page(page: str) -> None:
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_what_a_description_or_a_host_says_cannot_become_markup() -> None:
    told = {
        "operationId": "x", "summary": "<script>1</script>", "description": "<b> `<i>`", "tags": ["<u>"],
        "responses": {"200": {"description": "<s>"}},
    }  # fmt: skip
    info = {"title": "<h6>", "version": "<h5>", "description": "<h4>"}
    drawn = reference_page({"info": info, "paths": {"/<p>": {"get": told}}}, "http://<em>")
    assert not re.search(r"<script>1|<b> |<i>|<u>|<s>|<h6>|<h5>|<h4>\W|<p>\W/|<em>", drawn)
    for said in ("<script>1", "<b> ", "<i>", "<u>", "<s>", "<h6>", "<h5>", "<h4>", "/<p>", "<em>"):
        assert escape(said) in drawn


def test_every_example_is_one_command_that_asks_for_its_operation(schema: dict[str, Any]) -> None:
    for method, path, told in operations(schema):
        words = shlex.split(curl(ORIGIN, path, method, told))
        asked = words[-1].removeprefix(ORIGIN).partition("?")[0]
        assert words[0] == "curl"
        assert re.fullmatch(re.sub(r"\{\w+\}", "[0-9a-f-]{36}", path), asked)
        said = words[words.index("-X") + 1] if "-X" in words else "POST" if "-F" in words else "GET"
        assert said == method.upper()


@pytest.mark.parametrize(
    ("operation_id", "command"),
    [
        (
            "createInspection",
            "curl -F image=@part.jpg -F 'recipe=MC74HC32AN DIP-14' 'http://127.0.0.1:8080/v1/inspections?wait_ms=5000'",
        ),
        ("listInspections", "curl http://127.0.0.1:8080/v1/inspections"),
        (
            "getInspectionOverlay",
            "curl -o overlay.svg http://127.0.0.1:8080/v1/inspections/0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d/overlay.svg",
        ),
    ],
)
def test_an_example_leaves_out_what_is_optional(schema: dict[str, Any], operation_id: str, command: str) -> None:
    method, path, told = next(one for one in operations(schema) if one[2]["operationId"] == operation_id)
    assert curl(ORIGIN, path, method, told) == command


async def test_the_examples_for_recipes_are_taken(one_api: httpx.AsyncClient, schema: dict[str, Any]) -> None:
    words = shlex.split(curl(ORIGIN, "/v1/recipes", "post", schema["paths"]["/v1/recipes"]["post"]))
    body = words[words.index("-d") + 1]
    made = await one_api.post("/v1/recipes", content=body, headers={"Content-Type": "application/json"})
    assert made.status_code == 201
    publish = schema["paths"]["/v1/recipes/{recipe_id}/publish"]["post"]
    words = shlex.split(curl(ORIGIN, "/v1/recipes/x/publish", "post", publish))
    content = {"content": words[words.index("-d") + 1], "headers": {"Content-Type": "application/json"}}
    published = await one_api.post(f"{made.json()['url']}/publish", **content)
    assert (published.status_code, published.json()["published"]) == (200, 1)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "integer"}, "integer"),
        ({"type": "string", "format": "uuid"}, "UUID"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"enum": ["pass", "<fail>"]}, "<code>pass</code>, <code>&lt;fail&gt;</code>"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Reason"}}, 'list of <a href="#Reason">Reason</a>'),
        ({}, "anything"),
    ],
    ids=["plain", "format", "or null", "values", "list of a shape", "anything"],
)
def test_a_schema_is_told_in_words(schema: dict[str, Any], said: str) -> None:
    assert kind(schema) == said


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"minimum": 1, "maximum": 500, "default": 50}, "1 to 500, 50 when left out"),
        (
            {"anyOf": [{"minLength": 1, "maxLength": 9}, {"type": "null"}]},
            "1 to 9 characters",
        ),
        ({"minimum": 0}, ""),
        ({"minimum": 2}, "at least 2"),
        ({"maxLength": 9}, "at most 9 characters"),
        ({}, ""),
    ],
    ids=["number", "text", "nothing worth saying", "least", "most", "none"],
)
def test_limits_are_told_in_words(schema: dict[str, Any], said: str) -> None:
    assert limits(schema) == said


def test_prose_keeps_paragraphs_and_code() -> None:
    assert list(prose("A `b`\nc.\n\nD & E.")) == ["<p>A <code>b</code> c.</p>", "<p>D &amp; E.</p>"]


async def test_the_page_is_served_with_the_address_it_was_asked_at(one_api: httpx.AsyncClient) -> None:
    answer = await one_api.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f"curl {str(one_api.base_url).rstrip('/')}/v1/recipes<" in answer.text
