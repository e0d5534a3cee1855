"""Units over HTTP: told before their pictures come, found again by them, and taken back while nobody looked at them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.dashboard.api.test_lots import sent


async def test_a_unit_told_before_its_pictures_is_the_one_they_show(api: httpx.AsyncClient) -> None:
    await api.post("/v1/lots", json={"code": "L1"})
    answer = await api.post("/v1/units", json={"lot": "L1", "serial": "S1"})
    unit = answer.json()
    assert (answer.status_code, answer.headers["location"], unit["attempts"]) == (201, unit["url"], 0)
    assert (unit["lot"], unit["serial"], unit["inspections"]) == ("L1", "S1", [])
    found = await sent(api, lot="L1", unit_serial="S1")
    assert (found["unit_id"], found["attempt"]) == (unit["id"], 1)
    refused = await api.delete(unit["url"])
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/unit-in-use")


async def test_a_unit_told_wrongly_is_taken_back(one_api: httpx.AsyncClient) -> None:
    seat = {"carrier": "T1", "row": 1, "column": 2}
    made = [(await one_api.post("/v1/units", json=said)).json() for said in (seat, {"serial": "S1"})]
    for said, there in ((seat, made[0]), ({"serial": "S1"}, made[1]), ({"serial": "S2", **seat}, made[0])):
        twice = await one_api.post("/v1/units", json=said)
        assert (twice.status_code, twice.json()["type"]) == (409, "/problems/unit-taken")
        assert twice.json()["id"] == there["id"]
    for there in made:
        assert (await one_api.delete(there["url"])).status_code == 204
        assert (await one_api.delete(there["url"])).json()["type"] == "/problems/unit-not-found"


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        pytest.param({}, 422, "request-invalid", id="neither serial nor seat"),
        pytest.param({"serial": "S1", "row": 1}, 422, "request-invalid", id="half a seat"),
        pytest.param({"serial": "S1", "lot": "none"}, 422, "reference-unknown", id="an unknown lot"),
        pytest.param({"serial": "S1", "lot": "L1"}, 409, "lot-not-open", id="a closed lot"),
    ],
)
async def test_a_unit_that_cannot_be_is_refused(
    one_api: httpx.AsyncClient, said: dict[str, Any], status: int, code: str
) -> None:
    await one_api.post("/v1/lots", json={"code": "L1"})
    await one_api.post("/v1/lots/L1/close")
    answer = await one_api.post("/v1/units", json=said)
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}")
    assert (await one_api.get("/v1/units")).json()["items"] == []
