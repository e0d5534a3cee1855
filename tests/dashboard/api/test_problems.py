"""Every failure is a problem document of a kind that has a page; one table knows the HTTP codes."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import AsyncIterator, Iterator
from html import escape
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

import workers.errors  # noqa: F401 - its classes are part of the tree
from core.errors import ImageRefused, MarksightError, RecipeInvalid
from core.image import REFUSALS
from dashboard.api import failures
from dashboard.api.app import create_app
from dashboard.api.errors import ANYWHERE, PROBLEMS, ApiProblem, code_of_status, document, documented
from dashboard.api.failures import CODES, NOT_FOUND, code_of
from dashboard.api.patterns import EXPECTED
from dashboard.api.permits import PERMITS
from data.errors import CursorInvalid, NotFound, StoreFull
from data.settings import Settings
from tests.conftest import ROOT
from tests.dashboard.bare_services import BareServices
from tests.dashboard.probe import SERVERS


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    app = create_app(BareServices(Settings(home=tmp_path)))  # type: ignore[arg-type]
    app.add_api_route("/v1/boom", boom)
    monkeypatch.setitem(PERMITS, ("GET", "/v1/boom"), "own.read")  # type: ignore[arg-type]
    return app


async def boom() -> None:
    raise RuntimeError("a secret of the house")


@pytest.fixture(params=list(SERVERS))
async def api(request: pytest.FixtureRequest, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        SERVERS[request.param](app) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        yield client


async def test_every_kind_of_problem_has_its_page(api: httpx.AsyncClient) -> None:
    for code, kind in PROBLEMS.items():
        answer = await api.get(str(document(code, "", "/", {})["type"]))
        assert answer.status_code == 200, code
        assert answer.headers["content-type"].startswith("text/html")
        assert escape(kind.remedy) in answer.text


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_kind_of_problem_is_told_in_full(code: str) -> None:
    kind = PROBLEMS[code]
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", code)
    assert 400 <= kind.status < 600
    assert not kind.title.endswith(".")
    assert kind.meaning.endswith(".")
    assert kind.remedy.endswith(".")


async def test_the_list_of_problems_names_each(api: httpx.AsyncClient) -> None:
    page = (await api.get("/problems")).text
    assert all(f'href="/problems/{code}"' in page for code in PROBLEMS)


def test_every_refusal_of_a_picture_is_a_kind_of_problem() -> None:
    assert set(REFUSALS) <= set(PROBLEMS)


def every_error(kind: type[MarksightError] = MarksightError) -> Iterator[type[MarksightError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from every_error(each)


def test_every_code_that_errors_lead_to_is_a_kind_of_problem() -> None:
    codes = {*CODES.values(), *NOT_FOUND.values(), *ANYWHERE}
    assert codes <= set(PROBLEMS)
    assert all(any(base in CODES for base in kind.__mro__) for kind in every_error())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ImageRefused("image-animated", "It moves."), "image-animated"),
        (RecipeInvalid("expected a name", "name"), "recipe-invalid"),
        (NotFound("recipe", "x"), "recipe-not-found"),
        (NotFound("inspection", "x"), "inspection-not-found"),
        (NotFound("station", "x"), "place-not-found"),
        (NotFound("anything else", "x"), "not-found"),
        (CursorInvalid("x"), "cursor-invalid"),
        (StoreFull("x"), "store-full"),
        (MarksightError("x"), "unprocessable"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_the_nearest_class_of_an_error_says_what_problem_it_is(error: MarksightError, code: str) -> None:
    assert code_of(error) == code


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "bad-request"), (418, "bad-request"), (404, "not-found"), (405, "method-not-allowed"),
     (413, "body-too-large"), (500, "internal-error"), (503, "database-away"), (599, "internal-error")],
)  # fmt: skip
def test_a_bare_status_leads_to_a_kind_of_problem(status: int, code: str) -> None:
    assert code_of_status(status) == code


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found["type"] == f"/problems/{code}"
    assert found["status"] == status
    assert found["title"] == PROBLEMS[code].title
    assert found["detail"]
    assert found["remedy"] == PROBLEMS[code].remedy
    assert found["instance"] == answer.request.url.path


async def test_an_unknown_address_is_a_problem(api: httpx.AsyncClient) -> None:
    assert_problem(await api.get("/v1/nothing"), 404, "not-found")


async def test_a_method_not_offered_is_a_problem(api: httpx.AsyncClient) -> None:
    for method in ("DELETE", "PROPFIND", "TRACE"):
        answer = await api.request(method, "/v1/recipes")
        assert_problem(answer, 405, "method-not-allowed")
        assert answer.headers["allow"]


@pytest.mark.parametrize(
    ("path", "offered"),
    [("/v1/recipes", "HEAD, GET, POST"), ("/v1/uploads", "POST, OPTIONS"), ("/assets/favicon.svg", "HEAD, GET"),
     ("/v1/sites/x", "HEAD, GET, PATCH, DELETE"), ("/v1/lots/x/hold", "POST")],
)  # fmt: skip
async def test_a_method_not_offered_is_answered_with_all_that_are(
    api: httpx.AsyncClient, path: str, offered: str
) -> None:
    answer = await api.put(path)
    assert_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == offered


@pytest.mark.parametrize(
    ("path", "body"),
    [("/v1/recipes", b'{"name": "A", "variants": [], "\\ud800": 1}'),
     ("/v1/lots", b'{"code": "A", "recipe": "B", "texts": {"\\ud800": "C"}}')],
)  # fmt: skip
async def test_half_a_character_in_a_request_is_told_as_a_question_mark(
    api: httpx.AsyncClient, path: str, body: bytes
) -> None:
    answer = await api.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "?" in answer.json()["detail"]


async def test_a_failure_nobody_foresaw_is_a_problem_that_tells_no_secret(
    api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await api.get("/v1/boom")
    assert_problem(answer, 500, "internal-error")
    assert "secret" not in answer.text
    assert "a secret of the house" in caplog.text


async def test_a_value_of_the_wrong_kind_is_a_problem_that_names_it(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/inspections?limit=many&state=odd")
    assert_problem(answer, 422, "request-invalid")
    assert {error["where"] for error in answer.json()["errors"]} == {"query.limit", "query.state"}


@pytest.mark.parametrize(
    ("path", "fields", "message"),
    [
        ("/v1/lots", {"code": "L\x00"}, "Expected one line of characters that can be printed"),
        ("/v1/lots", {"code": "L\u202e1"}, "Expected one line of characters that can be printed"),
        ("/v1/lots/L1/hold", {"reason": " "}, "Expected some text, without the character NUL"),
        ("/v1/lots/L1/close", {"reason": "\x00"}, "Expected text without the character NUL"),
        (
            "/v1/runs",
            {"type": "tray", "rows": 2},
            "expected carrier, rows and columns of a tray; missing: carrier, columns",
        ),
        ("/v1/runs", {"rows": 2}, "expected carrier, rows and columns with the type tray alone"),
    ],
    ids=["a control character", "text turned round", "no reason", "a NUL", "half a tray", "rows of no tray"],
)
async def test_what_was_expected_is_said_in_words(
    api: httpx.AsyncClient, path: str, fields: dict[str, object], message: str
) -> None:
    answer = await api.post(path, json=fields)
    assert_problem(answer, 422, "request-invalid")
    assert [error["message"] for error in answer.json()["errors"]] == [message]


def test_every_pattern_of_a_request_has_its_words() -> None:
    said = json.dumps(create_app(BareServices(Settings())).openapi())  # type: ignore[arg-type]
    assert set(re.findall(r'"pattern": ("[^"]*")', said)) == {json.dumps(known) for known in EXPECTED}


@pytest.mark.parametrize("path", ["/health", "/problems", "/openapi.json", "/docs"])
async def test_head_is_answered_wherever_get_is(api: httpx.AsyncClient, path: str) -> None:
    get, head = await api.get(path), await api.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


def test_documented_problems_are_grouped_by_status() -> None:
    told = documented("recipe-not-found", "inspection-not-found")
    assert set(told[404]["content"]["application/problem+json"]["examples"]) == {
        "recipe-not-found", "inspection-not-found",
    }  # fmt: skip
    assert {PROBLEMS[code].status for code in ANYWHERE} <= set(told)


def test_a_problem_of_no_known_kind_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        ApiProblem("no-such-kind", "x")


def test_codes_of_failures_stand_in_one_table_alone() -> None:
    """No module of the API but those of the table names a status of 400 or more."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "dashboard").rglob("*.py"))
        if not path.name.endswith("errors.py") and (path.parent.name == "api" or path.name in {"server.py", "auth.py"})
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and type(node.value) is int and 400 <= node.value < 600
    ]
    assert [place for place in found if "server.py" not in place] == []


async def test_browsers_get_a_page_where_there_is_nothing(api: httpx.AsyncClient) -> None:
    answer = await api.get("/nothing", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert_problem(await api.get("/v1/nothing", headers={"accept": "text/html"}), 404, "not-found")


def test_what_is_away_is_told_from_what_is_broken() -> None:
    assert failures.is_away(ConnectionRefusedError(111, "refused"))
    assert failures.is_away(FileNotFoundError(2, "no socket"))
    assert failures.is_away(TimeoutError())
    assert not failures.is_away(FileNotFoundError(2, "no file", "/a/file"))
