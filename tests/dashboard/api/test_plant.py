"""Sites, lines and stations over HTTP: added, shown, changed, moved and deleted, or refused with the reason."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest

UNKNOWN = "0199c2f4-6a50-7cc3-9d7e-5d8f6a1b2c3d"


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}"), answer.text
    found: dict[str, Any] = answer.json()
    return found


async def made(api: httpx.AsyncClient, kind: str, **said: str) -> dict[str, Any]:
    answer = await api.post(f"/v1/{kind}s", json=said)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == answer.json()["url"]
    shown = await api.get(answer.headers["location"])
    assert (shown.json(), shown.headers["etag"]) == (answer.json(), answer.headers["etag"])
    found: dict[str, Any] = answer.json()
    return found


async def north(api: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    """Make a site, its line and its station."""
    return {
        "site": await made(api, "site", name="North", time_zone="Europe/Berlin"),
        "line": await made(api, "line", name="SMT", site="North"),
        "station": await made(api, "station", name="AOI-1", line="SMT"),
    }


async def test_a_plant_is_described_from_the_top_down(api: httpx.AsyncClient) -> None:
    made_now = await north(api)
    station = (await api.get("/v1/stations/AOI-1")).json()
    assert station["line"] == {"id": made_now["line"]["id"], "name": "SMT"}
    assert station["site"] == {"id": made_now["site"]["id"], "name": "North"}
    assert (station["lot"], station["watched"]) == (None, False)
    site = (await api.get("/v1/sites/North")).json()
    assert (site["time_zone"], site["lines"], site["stations"]) == ("Europe/Berlin", 1, 1)
    picture = {"image": b"no picture"}
    answer = await api.post("/v1/inspections", files=picture, data={"station": "AOI-1"})
    assert_problem(answer, 415, "not-an-image")  # the station, at least, was found


async def test_a_place_is_named_by_its_id_or_its_name_however_it_is_written(api: httpx.AsyncClient) -> None:
    site = await made(api, "site", name="  Mu\u0308nchen / S\u00fcd ")
    assert site["name"] == "M\u00fcnchen / S\u00fcd"
    assert (await api.get(f"/v1/sites/{site['id']}")).json() == site
    other = await made(api, "site", name="M\u00fcnchen 2")
    assert (await api.get(f"/v1/sites/{quote(other['name'])}")).json() == other


async def test_lists_are_filtered_and_go_on_from_a_cursor(one_api: httpx.AsyncClient) -> None:
    await north(one_api)
    for number in (2, 3):
        await made(one_api, "station", name=f"AOI-{number}", line="SMT")
    first = (await one_api.get("/v1/stations?site=North&limit=2")).json()
    rest = (await one_api.get("/v1/stations", params={"site": "North", "cursor": first["next_cursor"]})).json()
    assert [item["name"] for page in (first, rest) for item in page["items"]] == ["AOI-3", "AOI-2", "AOI-1"]
    assert rest["next_cursor"] is None
    for query, names in (
        ("/v1/stations?find=oi-2", ["AOI-2"]),
        ("/v1/stations?line=SMT&find=2", ["AOI-2"]),
        ("/v1/lines?site=North", ["SMT"]),
        ("/v1/sites?find=orth", ["North"]),
        ("/v1/sites", ["North", "bench"]),
    ):
        assert [item["name"] for item in (await one_api.get(query)).json()["items"]] == names


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("/v1/sites?cursor=nonsense", 422, "cursor-invalid"),
        ("/v1/sites?limit=0", 422, "request-invalid"),
        ("/v1/sites?site=North", 422, "request-invalid"),
        ("/v1/lines?site=Nowhere", 422, "reference-unknown"),
        (f"/v1/stations?line={UNKNOWN}", 422, "reference-unknown"),
        ("/v1/sites/Nowhere", 404, "place-not-found"),
        (f"/v1/lines/{UNKNOWN}", 404, "place-not-found"),
        ("/v1/stations/%00", 404, "place-not-found"),
        ("/v1/stations/" + "n" * 1001, 422, "request-invalid"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_asked_wrongly_is_told(one_api: httpx.AsyncClient, query: str, status: int, code: str) -> None:
    assert_problem(await one_api.get(query), status, code)


@pytest.mark.parametrize(
    ("path", "body", "code", "told"),
    [
        ("sites", {"name": ""}, "place-invalid", {"where": "name"}),
        ("sites", {"name": "a\u0000b"}, "place-invalid", {"where": "name"}),
        ("sites", {"name": "n" * 81}, "place-invalid", {"where": "name"}),
        ("sites", {"name": UNKNOWN}, "place-invalid", {"where": "name"}),
        ("sites", {"name": "A", "time_zone": "Mars/Olympus"}, "place-invalid", {"where": "time_zone"}),
        ("sites", {"name": "A", "colour": "red"}, "request-invalid", {}),
        ("sites", {}, "request-invalid", {}),
        ("sites", {"name": 7}, "request-invalid", {}),
        ("sites", {"name": "n" * 1001}, "request-invalid", {}),
        ("lines", {"name": "A", "site": "Nowhere"}, "reference-unknown", {"kind": "site", "reference": "Nowhere"}),
        ("lines", {"name": "A"}, "request-invalid", {}),
        ("stations", {"name": "A", "line": UNKNOWN}, "reference-unknown", {"kind": "line", "reference": UNKNOWN}),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_cannot_be_made_is_refused_with_the_place(
    one_api: httpx.AsyncClient, path: str, body: dict[str, Any], code: str, told: dict[str, str]
) -> None:
    before = (await one_api.get("/v1/sites")).json()
    problem = assert_problem(await one_api.post(f"/v1/{path}", json=body), 422, code)
    assert problem.items() >= told.items()
    assert (await one_api.get("/v1/sites")).json() == before


async def test_one_sent_twice_leads_to_the_one_that_is_there(api: httpx.AsyncClient) -> None:
    there = await north(api)
    for path, body, kind in (
        ("sites", {"name": "North"}, "site"),
        ("lines", {"name": "SMT", "site": there["site"]["id"]}, "line"),
        ("stations", {"name": "AOI-1", "line": there["line"]["id"]}, "station"),
    ):
        assert assert_problem(await api.post(f"/v1/{path}", json=body), 409, "place-taken")["id"] == there[kind]["id"]


async def test_places_are_renamed_and_moved(api: httpx.AsyncClient) -> None:
    there = await north(api)
    await made(api, "site", name="South")
    await made(api, "line", name="THT", site="South")
    moved = (await api.patch("/v1/stations/AOI-1", json={"line": "THT", "name": "AOI-9"})).json()
    assert (moved["id"], moved["name"], moved["line"]["name"]) == (there["station"]["id"], "AOI-9", "THT")
    assert moved["site"]["name"] == "South"
    line = (await api.patch("/v1/lines/SMT", json={"site": "South"})).json()
    assert (line["name"], line["site"]["name"]) == ("SMT", "South")
    site = (await api.patch("/v1/sites/South", json={"time_zone": "Asia/Tokyo"})).json()
    assert (site["name"], site["time_zone"], site["lines"]) == ("South", "Asia/Tokyo", 2)
    assert (await api.patch("/v1/sites/South", json={})).json() == site
    for body, code in (({"name": None}, "request-invalid"), ({"name": " "}, "place-invalid")):
        assert_problem(await api.patch("/v1/sites/South", json=body), 422, code)
    assert_problem(await api.patch("/v1/sites/South", json={"name": "North"}), 409, "place-taken")
    assert_problem(await api.patch("/v1/sites/Nowhere", json={"name": "A"}), 404, "place-not-found")


async def test_a_change_of_what_is_no_more_as_it_was_read_is_refused(api: httpx.AsyncClient) -> None:
    await north(api)
    read = (await api.get("/v1/sites/North")).headers["etag"]
    changed = await api.patch("/v1/sites/North", json={"time_zone": "UTC"}, headers={"if-match": read})
    assert changed.status_code == 200
    assert changed.headers["etag"] != read
    late = await api.patch("/v1/sites/North", json={"time_zone": "Asia/Tokyo"}, headers={"if-match": read})
    assert_problem(late, 412, "changed-meanwhile")
    assert_problem(await api.delete("/v1/sites/North", headers={"if-match": read}), 412, "changed-meanwhile")
    assert (await api.get("/v1/sites/North")).json()["time_zone"] == "UTC"
    for tag in ("nonsense", '"a", "b"', f"W/{read}"):
        answer = await api.patch("/v1/sites/North", json={"name": "A"}, headers={"if-match": tag})
        assert_problem(answer, 400, "bad-request")
    last = await api.patch("/v1/sites/North", json={"time_zone": "Asia/Tokyo"}, headers={"if-match": "*"})
    assert last.json()["time_zone"] == "Asia/Tokyo"


async def test_what_something_hangs_on_is_not_deleted_and_says_what(api: httpx.AsyncClient, sample: bytes) -> None:
    await north(api)
    problem = assert_problem(await api.delete("/v1/sites/North"), 409, "place-in-use")
    assert (problem["by"], "it still has 1 line." in problem["detail"]) == ({"lines": 1}, True)
    assert assert_problem(await api.delete("/v1/lines/SMT"), 409, "place-in-use")["by"] == {"stations": 1}
    await api.post("/v1/inspections", files={"image": sample}, data={"station": "AOI-1"})
    assert assert_problem(await api.delete("/v1/stations/AOI-1"), 409, "place-in-use")["by"] == {"inspections": 1}
    await made(api, "station", name="AOI-2", line="SMT")
    gone = await api.delete("/v1/stations/AOI-2")
    assert (gone.status_code, gone.content) == (204, b"")
    assert_problem(await api.delete("/v1/stations/AOI-2"), 404, "place-not-found")


async def test_a_line_that_two_sites_have_is_named_by_its_id(one_api: httpx.AsyncClient) -> None:
    await north(one_api)
    await made(one_api, "site", name="South")
    other = await made(one_api, "line", name="SMT", site="South")
    assert_problem(await one_api.get("/v1/lines/SMT"), 409, "place-ambiguous")
    assert_problem(await one_api.post("/v1/stations", json={"name": "A", "line": "SMT"}), 409, "place-ambiguous")
    await made(one_api, "station", name="A", line=other["id"])
