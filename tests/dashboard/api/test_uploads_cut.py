"""A form cut off at every stage: nothing half-written is kept, and under its key the same request goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.dashboard.api.conftest import Kept
from tests.dashboard.api.forms import FORM, begun, field, file, files_of, form, reset, sha256, unseen
from workers.composition import Services

FIRST, SECOND = b"first" + unseen(300_000), b"second" + unseen(2_500_000)
FIELDS = field("label", "Reel 7") + field("lot", "L1")
BODY = form(FIELDS, file("a.png", FIRST), file("b.png", SECOND))
AT_A, AT_B = BODY.index(FIRST), BODY.index(SECOND)

STAGES = {
    "before any byte": 0,
    "in the first boundary": 2,
    "in the name of a field": 40,
    "in a field": FIELDS.index(b"Reel") + 2,
    "between fields": FIELDS.index(b"--b", 10),
    "in the headers of the first file": AT_A - 20,
    "before its bytes": AT_A,
    "in its first bytes": AT_A + 1,
    "in its bytes": AT_A + 200_000,
    "behind its bytes": AT_A + len(FIRST),
    "between files": AT_A + len(FIRST) + 2,
    "in the headers of the second file": AT_B - 10,
    "in the bytes of the second file": AT_B + 2_000_000,
    "before the closing boundary": len(BODY) - 7,
    "in the closing boundary": len(BODY) - 4,
}
NO_RUN = list(STAGES)[:7]
"""Stages before the first byte of a file: there is nothing yet that could be kept."""


async def until_failed(api: httpx.AsyncClient) -> dict[str, Any]:
    """Return the one run once its server has noticed that nobody sends it any more."""
    while True:
        (run,) = (await api.get("/v1/runs")).json()["items"] or ({"state": "not begun"},)
        if run["state"] == "failed":
            found: dict[str, Any] = run
            return found
        await asyncio.sleep(0.02)


async def until_begun(api: httpx.AsyncClient) -> None:
    """Wait until a run was begun: under load a cut connection may be dropped with what was not read of it."""
    while not (await api.get("/v1/runs")).json()["items"]:  # noqa: ASYNC110 - as a client would ask
        await asyncio.sleep(0.02)


async def until_idle(services: Services) -> None:
    """Wait until no request takes bytes any more: a cut one has thrown away what came of its file."""
    while await services.incoming.entries():  # noqa: ASYNC110 - another process may hold them
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("stage", STAGES)
async def test_the_same_request_under_its_key_goes_on(
    api: httpx.AsyncClient, services: Services, kept: Kept, stage: str
) -> None:
    before = await kept()
    headers = {**FORM, "Idempotency-Key": "k", "Content-Length": str(len(BODY))}
    _, writer = await begun(api, "POST", "/v1/uploads", BODY[: STAGES[stage]], **headers)
    await asyncio.sleep(0.05)
    reset(writer)
    answer = await api.post("/v1/uploads", content=BODY, headers={**FORM, "Idempotency-Key": "k"})
    run = answer.json()
    assert (answer.status_code, run["state"], run["label"]) == (202, "stored", "Reel 7"), answer.text
    assert await files_of(api, run) == [("a.png", "stored", sha256(FIRST)), ("b.png", "stored", sha256(SECOND))]
    assert await services.store.get(sha256(SECOND)) == SECOND
    await until_idle(services)
    after = await kept()
    assert [after[name] - before[name] for name in ("runs", "run_files")] == [1, 2]


@pytest.mark.parametrize("ending", ["reset", "closed"])
@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in NO_RUN])
async def test_without_a_key_the_run_has_failed_and_says_why(
    api: httpx.AsyncClient, services: Services, stage: str, ending: str
) -> None:
    headers = {**FORM, "Content-Length": str(len(BODY))}
    _, writer = await begun(api, "POST", "/v1/uploads", BODY[: STAGES[stage]], **headers)
    await until_begun(api)
    reset(writer) if ending == "reset" else writer.close()
    run = await until_failed(api)
    assert run["error"]["code"] == "UPLOAD_CUT_OFF"
    assert {state for _, state, _ in await files_of(api, run)} <= {"stored", "cancelled"}
    await until_idle(services)


@pytest.mark.parametrize("stage", NO_RUN)
async def test_before_the_first_byte_of_a_file_nothing_is_kept(api: httpx.AsyncClient, kept: Kept, stage: str) -> None:
    before = await kept()
    _, writer = await begun(api, "POST", "/v1/uploads", BODY[: STAGES[stage]], **FORM, content_length=str(len(BODY)))
    await asyncio.sleep(0.05)
    reset(writer)
    assert (await api.get("/health")).status_code == 200
    assert await kept() == before


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in NO_RUN])
async def test_a_form_that_ends_too_soon_is_broken(api: httpx.AsyncClient, services: Services, stage: str) -> None:
    answer = await api.post("/v1/uploads", content=BODY[: STAGES[stage]], headers=FORM)
    assert answer.json()["type"] == "/problems/multipart-invalid"
    (run,) = (await api.get("/v1/runs")).json()["items"]
    assert (run["state"], run["error"]["code"]) == ("failed", "UPLOAD_REFUSED")
    assert await services.incoming.entries() == []


async def test_a_cut_run_stays_pending_under_its_key_with_the_files_that_came(
    api: httpx.AsyncClient, services: Services
) -> None:
    headers = {**FORM, "Idempotency-Key": "k", "Content-Length": str(len(BODY))}
    _, writer = await begun(api, "POST", "/v1/uploads", BODY[: AT_B + 2_000_000], **headers)
    await until_begun(api)
    (run,) = (await api.get("/v1/runs")).json()["items"]
    while len(await files_of(api, run)) < 2 or not await services.incoming.entries():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    reset(writer)
    await until_idle(services)
    assert (await api.get(run["url"])).json()["state"] == "pending"
    assert await files_of(api, run) == [("a.png", "stored", sha256(FIRST)), ("b.png", "receiving", None)]
