"""The sample photos that the Inspect page offers while there is nothing yet."""

from __future__ import annotations

import httpx
import pytest

from data import bundled


async def test_every_sample_is_served_as_the_photo_it_is(one_api: httpx.AsyncClient) -> None:
    for sample in bundled.samples():
        answer = await one_api.get(f"/samples/{sample.name}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.content == sample.read()
        known = await one_api.get(f"/samples/{sample.name}", headers={"If-None-Match": answer.headers["etag"]})
        assert known.status_code == 304


@pytest.mark.parametrize(
    "name",
    ["none.jpg", "%2e%2e", "..%2fmanifest.json", "%2e%2e%2f%2e%2e%2fsettings.py", "%2fetc%2fpasswd", "manifest.json",
     "ds18b20.jpg%00", "DS18B20.JPG", "<script>", "%ff", "%0d%0aX-Evil:%201"],
)  # fmt: skip
async def test_whatever_else_is_asked_for_is_not_found_and_said_harmlessly(
    one_api: httpx.AsyncClient, name: str
) -> None:
    answer = await one_api.get(f"/samples/{name}", headers={"Accept": "*/*"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["type"] == "/problems/not-found"
    assert "x-evil" not in answer.headers
