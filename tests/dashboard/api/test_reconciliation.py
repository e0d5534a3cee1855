"""Triggers in and results out over the API, and the same triggers said twice count once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from workers.composition import Services

NOW = datetime.now(tz=UTC)
TRIGGERS, RECONCILIATION = "/v1/stations/bench/triggers", "/v1/stations/bench/reconciliation"


async def told(api: httpx.AsyncClient, **hours: str) -> dict[str, Any]:
    answer = await api.get(RECONCILIATION, params={"until": (NOW + timedelta(hours=1)).isoformat(), **hours})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_triggers_are_held_against_what_came(
    one_api: httpx.AsyncClient, services: Services, sample: bytes
) -> None:
    for number in (1, 2, 5):
        form = {"trigger_number": str(number)}
        await one_api.post("/v1/inspections", files={"image": sample}, data=form)
    found = await told(one_api)
    assert (found["triggers"], found["received"], found["waiting"], found["difference"]) == (None, 3, 3, 0)
    assert found["numbers"] == {
        "seen": 3, "first": 1, "last": 5, "missing": 2, "repeated": 0, "gaps": [{"first": 3, "last": 4}]
    }  # fmt: skip
    answer = await one_api.post(TRIGGERS, json={"count": 5})
    assert (answer.status_code, answer.json()) == (202, {"station": "bench", "counted": True})
    found = await told(one_api)
    assert (found["triggers"], found["missing"], found["lost"], found["difference"]) == (5, 2, 0, 2)
    assert found["station"] == "bench"


async def test_triggers_said_again_under_their_key_count_once(one_api: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k"}
    answers = [await one_api.post(TRIGGERS, json={"count": 5}, headers=key) for _ in range(2)]
    assert [answer.json()["counted"] for answer in answers] == [True, False]
    other = await one_api.post(TRIGGERS, json={"count": 6}, headers=key)
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    assert (await told(one_api))["triggers"] == 5


async def test_triggers_count_in_the_hour_they_are_said_to_be_of(one_api: httpx.AsyncClient) -> None:
    before = NOW - timedelta(hours=3)
    await one_api.post(TRIGGERS, json={"count": 2, "at": before.isoformat()})
    await one_api.post(TRIGGERS, json={"count": 3, "at": NOW.isoformat()})
    hour = await told(one_api, since=before.isoformat(), until=(before + timedelta(seconds=1)).isoformat())
    assert (hour["triggers"], (await told(one_api))["triggers"]) == (2, 5)
    assert datetime.fromisoformat(hour["until"]) - datetime.fromisoformat(hour["since"]) <= timedelta(hours=2)


async def test_hours_are_those_of_utc_in_every_zone(one_api: httpx.AsyncClient) -> None:
    at = "2026-01-05T10:45:00+05:30"  # a quarter past five, UTC
    await one_api.post(TRIGGERS, json={"count": 2, "at": at})
    for until, counted in (("2026-01-05T05:00:00Z", None), ("2026-01-05T06:00:00Z", 2), (at, 2)):
        assert (await told(one_api, since="2026-01-05T00:00:00Z", until=until))["triggers"] == counted


async def test_the_first_hours_of_all_have_no_day_before_them(one_api: httpx.AsyncClient) -> None:
    assert (await told(one_api, until="1970-01-01T12:00:00+01:00"))["since"] == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "body",
    [{}, {"count": 0}, {"count": -1}, {"count": 10**10}, {"count": 1, "at": "2026-01-01T00:00:00"}, {"count": 1.5},
     {"count": 1, "at": "0001-01-01T00:00:00+14:00"}, {"count": 1, "at": "9999-12-31T23:59:59-12:00"}],
    ids=["none", "zero", "below zero", "too many", "no zone", "a fraction", "before all times", "after all times"],
)  # fmt: skip
async def test_what_are_no_triggers_is_refused(one_api: httpx.AsyncClient, body: dict[str, object]) -> None:
    answer = await one_api.post(TRIGGERS, json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/request-invalid")
    assert (await told(one_api))["triggers"] is None


async def hours_of(api: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await api.get(f"{RECONCILIATION}/hours", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_hours_are_listed_the_newest_first_page_by_page(one_api: httpx.AsyncClient, sample: bytes) -> None:
    await one_api.post("/v1/inspections", files={"image": sample})
    before = NOW - timedelta(hours=2)
    await one_api.post(TRIGGERS, json={"count": 2, "at": before.isoformat()})
    asked = {"since": before.isoformat(), "until": (NOW + timedelta(hours=1)).isoformat()}
    whole = await hours_of(one_api, **asked)
    pages: list[dict[str, Any]] = [await hours_of(one_api, **asked, limit=2)]
    while pages[-1]["next_cursor"]:
        pages.append(await hours_of(one_api, **asked, limit=2, cursor=pages[-1]["next_cursor"]))
    assert [hour for page in pages for hour in page["items"]] == whole["items"]
    since = [hour["since"] for hour in whole["items"]]
    assert since == sorted(since, reverse=True)
    assert len(since) in {3, 4}
    total = await told(one_api, **asked)
    for name in ("triggers", "received", "waiting", "missing", "lost", "difference"):
        assert sum(hour[name] for hour in whole["items"]) == total[name], name
    assert (whole["items"][-1]["triggers"], whole["items"][-1]["difference"]) == (2, 2)


async def test_the_hours_of_a_day_are_listed_if_none_are_asked_for(one_api: httpx.AsyncClient) -> None:
    found = await hours_of(one_api)
    assert (len(found["items"]), found["next_cursor"]) in {(25, None), (24, None)}
    assert {hour["triggers"] for hour in found["items"]} == {None}


@pytest.mark.parametrize("asked", [{"limit": 0}, {"limit": 501}, {"hour": 1}], ids=["none", "too many", "unknown"])
async def test_pages_of_hours_that_are_none_are_refused(one_api: httpx.AsyncClient, asked: dict[str, int]) -> None:
    answer = await one_api.get(f"{RECONCILIATION}/hours", params=asked)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/request-invalid")


async def test_a_cursor_of_another_list_is_refused(one_api: httpx.AsyncClient) -> None:
    answer = await one_api.get(f"{RECONCILIATION}/hours", params={"cursor": "nonsense"})
    assert answer.json()["type"] == "/problems/cursor-invalid"


@pytest.mark.parametrize(
    "hours",
    [
        {"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"since": "2020-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"since": "2026-02-01T00:00:00Z", "until": "2026-02-01T00:00:00Z"},
        {"since": "yesterday"},
        {"until": "1969-12-31T00:00:00Z"},
        {"until": "1970-01-01T00:00:00Z"},
        {"until": "9999-12-31T23:59:59Z"},
        {"since": "0001-01-01T00:00:00+14:00"},
    ],
    ids=[
        "backwards",
        "too long",
        "nothing",
        "no time",
        "before all",
        "up to the first",
        "after all",
        "out of reckoning",
    ],
)
async def test_hours_that_are_none_are_refused(one_api: httpx.AsyncClient, hours: dict[str, str]) -> None:
    for path in (RECONCILIATION, f"{RECONCILIATION}/hours"):
        answer = await one_api.get(path, params=hours)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/request-invalid")


async def test_a_station_that_is_not_there_is_told(one_api: httpx.AsyncClient) -> None:
    for answer in (
        await one_api.post("/v1/stations/nowhere/triggers", json={"count": 1}),
        await one_api.get("/v1/stations/nowhere/reconciliation"),
        await one_api.get("/v1/stations/nowhere/reconciliation/hours"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/place-not-found")


async def test_a_key_that_can_be_none_is_refused(one_api: httpx.AsyncClient) -> None:
    answer = await one_api.post(TRIGGERS, json={"count": 1}, headers={"Idempotency-Key": "k" * 201})
    assert answer.json()["type"] == "/problems/idempotency-key-invalid"
