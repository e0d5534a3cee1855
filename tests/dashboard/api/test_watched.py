"""A station's watched folder over the API: named, shown, forgotten, and refused with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from data.repositories.watched import Refusal
from workers.composition import Services


@pytest.fixture
async def station(services: Services) -> str:
    async with services.database.unit_of_work() as work:
        id_ = await work.plant.add_station("aoi 3", line="l", site="s")
        await work.plant.add_station("aoi-4", line="l", site="s")
        await work.commit()
    return str(id_)


FOLDER = "/v1/stations/aoi 3/folder"


def said(tmp_path: Path, **changes: object) -> dict[str, Any]:
    path = tmp_path / "drop"
    path.mkdir(exist_ok=True)
    return {"path": str(path), "naming": "{lot}_{serial}", "settle_s": 0.5, **changes}


async def test_a_folder_is_named_shown_and_forgotten(
    one_api: httpx.AsyncClient, services: Services, station: str, tmp_path: Path
) -> None:
    assert (await one_api.get(FOLDER)).json()["type"] == "/problems/folder-not-watched"
    named = await one_api.put(FOLDER, json=said(tmp_path))
    expected = {
        "station": "aoi 3", "station_id": station, "path": str(tmp_path / "drop"), "naming": "{lot}_{serial}",
        "recipe": "", "settle_s": 0.5, "active": True, "here": True, "refused": [],
    }  # fmt: skip
    assert (named.status_code, named.json()) == (201, expected)
    assert (await one_api.get(named.headers["Location"])).json() == expected
    again = await one_api.put(f"/v1/stations/{station}/folder", json=said(tmp_path, active=False))
    assert (again.status_code, again.json()) == (200, {**expected, "active": False})
    assert "Location" not in again.headers
    async with services.database.unit_of_work() as work:
        await work.watched.refuse(
            Refusal(bytes(32), again.json()["station_id"], "a.txt", "not-an-image", "No picture.")
        )
        await work.commit()
    shown = (await one_api.get(FOLDER)).json()
    assert [(file["name"], file["code"], file["detail"]) for file in shown["refused"]] == [
        ("a.txt", "not-an-image", "No picture.")
    ]
    assert (await one_api.delete(FOLDER)).status_code == 204
    for answer in (await one_api.delete(FOLDER), await one_api.get(FOLDER)):
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/folder-not-watched")
    assert (await one_api.put(FOLDER, json=said(tmp_path))).status_code == 201


@pytest.mark.parametrize(
    ("changes", "status", "problem"),
    [
        pytest.param({"path": "drops"}, 422, "folder-unfit", id="not absolute"),
        pytest.param({"path": "/nowhere/at/all"}, 422, "folder-unfit", id="not there"),
        pytest.param({"path": "/" + "x" * 300}, 422, "folder-unfit", id="a name that no folder can have"),
        pytest.param({"path": "/"}, 422, "folder-unfit", id="around the state folder"),
        pytest.param({"naming": "{lott}"}, 422, "naming-invalid", id="no rule"),
        pytest.param({"recipe": "nobody's"}, 422, "recipe-unknown", id="no recipe"),
        pytest.param({"settle_s": 0}, 422, "request-invalid", id="no time to settle"),
        pytest.param({"settle_s": 1e9}, 422, "request-invalid", id="a life to settle"),
        pytest.param({"path": ""}, 422, "request-invalid", id="no path"),
        pytest.param({"path": "/a\x00b"}, 422, "request-invalid", id="a path that is none"),
        pytest.param({"colour": "red"}, 422, "request-invalid", id="a field that is none"),
    ],
)
async def test_what_cannot_be_watched_is_told_and_changes_nothing(
    one_api: httpx.AsyncClient, station: str, tmp_path: Path, changes: dict[str, object], status: int, problem: str
) -> None:
    answer = await one_api.put(FOLDER, json=said(tmp_path, **changes))
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")
    assert (await one_api.get(FOLDER)).status_code == 404


async def test_a_folder_elsewhere_is_said_to_be(one_api: httpx.AsyncClient, station: str, tmp_path: Path) -> None:
    answer = await one_api.put(FOLDER, json=said(tmp_path, path="/mnt/line-3", elsewhere=True))
    assert (answer.status_code, answer.json()["here"]) == (201, False)


async def test_a_loop_of_links_is_no_folder(one_api: httpx.AsyncClient, station: str, tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    answer = await one_api.put(FOLDER, json=said(tmp_path, path=str(loop)))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/folder-unfit")


async def test_a_path_that_this_machine_cannot_have_may_be_one_elsewhere(
    one_api: httpx.AsyncClient, station: str, tmp_path: Path
) -> None:
    answer = await one_api.put(FOLDER, json=said(tmp_path, path="/" + "x" * 300, elsewhere=True))
    assert (answer.status_code, answer.json()["here"]) == (201, False)


async def test_two_stations_have_two_folders(one_api: httpx.AsyncClient, station: str, tmp_path: Path) -> None:
    await one_api.put(FOLDER, json=said(tmp_path))
    answer = await one_api.put("/v1/stations/aoi-4/folder", json=said(tmp_path))
    assert answer.json()["type"] == "/problems/folder-unfit"
    assert "aoi 3" in answer.json()["detail"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_station_that_is_not_there_is_told(one_api: httpx.AsyncClient, tmp_path: Path, method: str) -> None:
    body = {"json": said(tmp_path)} if method == "PUT" else {}
    answer = await one_api.request(method, "/v1/stations/nowhere/folder", **body)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/place-not-found")
