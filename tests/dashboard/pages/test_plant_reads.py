"""What the Plant page reads, of parts that were really inspected, and that it stays quick in a large plant."""

from __future__ import annotations

import pytest

from dashboard.models.plant import STATIONS_SHOWN
from dashboard.pages.plant_reads import ROWS, PlantReads
from data.queries import plant
from tests.dashboard.conftest import SAMPLES
from workers.composition import Services
from workers.inspecting import inspect_batch
from workers.intake import Particulars, accept
from workers.lots import LotStart, start
from workers.outbox import next_batch

PHOTO = SAMPLES / "mc74hc32an-clean-1.jpg"


@pytest.fixture
def reads(services: Services) -> PlantReads:
    return PlantReads(services)


async def test_a_lot_shows_its_units_and_every_look_at_them(
    services: Services, reads: PlantReads, recipe_id: str
) -> None:
    await start(services, LotStart("L1", "bench", recipe_id))
    for serial in ("S1", "S1", None):
        await accept(services, PHOTO.read_bytes(), Particulars(lot="L1", unit_serial=serial))
    batch = await next_batch(services)
    assert batch is not None
    await inspect_batch(services, batch)
    found = await reads.units("L1")
    assert found is not None
    assert found.lot is not None
    loose, known = found.rows
    assert (loose["serial"], len(loose["looks"])) == (None, 1)
    assert [(look["attempt"], look["state"]) for look in known["looks"]] == [(1, "done"), (2, "done")]
    assert (found.lot["code"], sum(found.lot["counts"].values())) == ("L1", 3)
    assert (found.lot["marks"][0]["text"], found.lot["recipe"]["version"]) == ("9203", 1)
    (row,) = (await reads.lots(station="bench")).rows
    assert row["counts"] == found.lot["counts"]
    assert await reads.units("L2") is None


async def test_a_station_shows_how_it_stands(services: Services, reads: PlantReads) -> None:
    await accept(services, PHOTO.read_bytes(), Particulars())
    async with services.database.session() as session:
        station_id = await plant.called(session, "station", "bench")
    found = await reads.station(str(station_id))
    assert found is not None
    async with services.database.unit_of_work() as work:
        await work.triggers.add(found.id, services.clock(), 3)
        await work.commit()
    standing = await reads.standing(found, 1)
    assert (standing.station["site"], standing.folder, standing.refused) == ("bench", None, ())
    told = {name: standing.reconciled[name] for name in ("triggers", "received", "waiting", "missing", "lost")}
    assert told == {"triggers": 3, "received": 1, "waiting": 1, "missing": 2, "lost": 0}
    older, newer = standing.by_hour[-2:] if len(standing.by_hour) > 1 else (None, standing.by_hour[0])
    assert {name: newer[name] for name in told} == told
    assert older is None or older["difference"] == 0
    assert "numbers" not in newer
    assert await reads.station("Nowhere") is None


async def test_a_large_plant_is_read_in_pages(services: Services, reads: PlantReads) -> None:
    async with services.database.unit_of_work() as work:
        site = await work.plant.add("site", {"name": "North"})
        line = await work.plant.add("line", {"name": "SMT", "site_id": site})
        for number in range(STATIONS_SHOWN + 20):
            await work.plant.add("station", {"name": f"AOI-{number:04}", "line_id": line})
        for number in range(ROWS + 5):
            await work.parts.open_lot(f"L{number:04}")
        await work.commit()
    tree = await reads.tree([str(line)])
    assert len(tree.stations) == STATIONS_SHOWN
    assert tree.stations[0]["name"] == "AOI-0000"
    assert [station["name"] for station in (await reads.tree([], "aoi-0319")).stations] == ["AOI-0319"]
    first = await reads.lots()
    rest = await reads.lots(cursor=first.cursor)
    assert (len(first.rows), len(rest.rows), rest.cursor) == (ROWS, 5, None)
    assert [lot["code"] for lot in (await reads.lots(code="0007", state="open")).rows] == ["L0007"]
    assert (await reads.lots(state="hold")).rows == ()
