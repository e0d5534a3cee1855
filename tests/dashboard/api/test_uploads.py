"""Forms of files through both servers: each file safe before the answer, once, and nothing half-written behind."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx

from workers.composition import Services

PICTURE = b"\x89PNG not looked at here"
OTHER = b"another one"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def post(
    api: httpx.AsyncClient, *files: tuple[str, bytes], key: str | None = None, **fields: str
) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    parts = [("files", (name, data)) for name, data in files]
    return await api.post("/v1/uploads", files=parts, data=fields, headers=headers)


async def listed(api: httpx.AsyncClient, run: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    items = (await api.get(f"{run['url']}/files")).json()["items"]
    return [(item["name"], item["state"], item["sha256"]) for item in items]


async def test_files_of_a_form_make_a_run_that_is_stored(api: httpx.AsyncClient, services: Services) -> None:
    answer = await post(api, ("a.png", PICTURE), ("b.png", OTHER), label="Reel 7", lot="L1")
    run = answer.json()
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == run["url"]
    assert (run["state"], run["label"], run["lot"], run["counts"]["files"]) == ("stored", "Reel 7", "L1", 2)
    assert await listed(api, run) == [("a.png", "stored", sha256(PICTURE)), ("b.png", "stored", sha256(OTHER))]
    assert await services.store.get(sha256(PICTURE)) == PICTURE
    assert await services.incoming.entries() == []
