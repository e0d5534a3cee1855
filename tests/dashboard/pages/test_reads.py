"""What pages read, of parts that were really inspected."""

from __future__ import annotations

from uuid import uuid4

import pytest

from dashboard.pages.reads import PageReads
from tests.dashboard.conftest import SAMPLES
from workers.composition import Services
from workers.intake import accept


@pytest.fixture
def reads(services: Services) -> PageReads:
    return PageReads(services)


async def test_results_come_newest_first_with_the_mark_read(reads: PageReads, judged: list[str]) -> None:
    found = await reads.results()
    assert [view["id"] for view in found.views] == judged
    first = found.views[2]
    assert [line["text"] for line in first["evidence"]["lines"]] == ["MC74HC32AN", "FFFG9203"]
    assert len(first["evidence"]["outline"]) == 4
    assert first["thumb"].startswith(f"/previews/{first['id']}.jpg")
    assert found.cursor is None


async def test_a_part_that_waits_is_shown_without_a_mark(reads: PageReads, services: Services) -> None:
    await accept(services, (SAMPLES / "ds18b20.jpg").read_bytes())
    (view,) = (await reads.results()).views
    assert view["state"] == "received"
    assert "evidence" not in view


@pytest.mark.parametrize(
    ("find", "count"),
    [("MC74HC32AN", 2), ("mc74hc32an", 2), ("MC74HC32AN DIP-14", 2), ("fffg", 2), ("18B20", 1), ("NE555", 0), ("%", 0)],
    ids=["part number", "in small letters", "recipe", "text", "text not judged", "unknown", "a wildcard is text"],
)
async def test_a_search_finds_parts_recipes_and_marks(
    reads: PageReads, judged: list[str], find: str, count: int
) -> None:
    assert len((await reads.results(find=find)).views) == count


async def test_a_verdict_shows_its_own_alone(reads: PageReads, judged: list[str]) -> None:
    assert [view["id"] for view in (await reads.results(verdict="not_judged")).views] == judged[:1]


async def test_an_inspection_comes_with_evidence_and_the_recipe_that_judged_it(
    reads: PageReads, judged: list[str]
) -> None:
    found = await reads.inspection(judged[2])
    assert found is not None
    view, recipe = found
    assert view["evidence"]["lines"][0]["characters"][0]["text"] == "M"
    assert recipe is not None
    assert recipe["signals"]["ocr"]["accept"] > 0
    assert view["image"]["url"] == f"/v1/inspections/{judged[2]}/image"


async def test_what_was_read_only_has_no_recipe(reads: PageReads, judged: list[str]) -> None:
    found = await reads.inspection(judged[0])
    assert found is not None
    assert found[1] is None


@pytest.mark.parametrize("wanted", ["", "x", str(uuid4()), "' OR 1=1"], ids=["nothing", "no id", "unknown", "forged"])
async def test_an_inspection_that_is_none_is_none(reads: PageReads, wanted: str) -> None:
    assert await reads.inspection(wanted) is None


async def test_neighbours_are_the_newer_and_the_older(reads: PageReads, judged: list[str]) -> None:
    assert await reads.neighbours(judged[1]) == (judged[0], judged[2])
    assert await reads.neighbours(judged[0]) == ("", judged[1])
    assert await reads.neighbours(judged[1], verdict="not_judged") == (judged[0], "")
    assert await reads.neighbours(judged[1], find="18B20") == (judged[0], "")


async def test_only_published_recipes_are_offered(reads: PageReads, recipe_id: str) -> None:
    assert await reads.recipes() == [{"id": recipe_id, "name": "MC74HC32AN DIP-14"}]
