"""What the smaller repositories hold to, with many writing at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, update

from data.database import Database
from data.errors import IdempotencyMismatch, NotFound
from data.repositories.idempotency import Made
from data.repositories.parts import Seat
from data.tables import (
    TRANSITIONS,
    IdempotencyKey,
    Image,
    Inspection,
    InspectionState,
    Line,
    Site,
    Station,
    Unit,
)
from tests.data.rows import add_inspection, picture, waiting

DIGEST, OTHER = bytes(32), b"\x01" * 32


async def rows(database: Database, table: type) -> int:
    async with database.session() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


class TestPlant:
    async def test_the_default_station_is_made_when_it_is_missing(self, database: Database) -> None:
        async def station() -> UUID:
            async with database.unit_of_work() as work:
                id_ = await work.plant.station_id(None)
                await work.commit()
            return id_

        assert len({*await asyncio.gather(*(station() for _ in range(6)))}) == 1
        assert [await rows(database, table) for table in (Site, Line, Station)] == [1, 1, 1]

    async def test_a_station_never_heard_of_is_not_made_up(self, database: Database) -> None:
        async with database.unit_of_work() as work:
            with pytest.raises(NotFound, match="There is no station AOI-7"):
                await work.plant.station_id("AOI-7")

    async def test_lines_of_the_same_name_belong_to_their_sites(self, database: Database) -> None:
        async with database.unit_of_work() as work:
            first = await work.plant.add_station("AOI-1", line="SMT", site="North")
            await work.plant.add_station("AOI-2", line="SMT", site="South")
            assert await work.plant.add_station("AOI-1", line="SMT", site="North") == first
            assert await work.plant.station_id("AOI-1") == first
            await work.commit()
        assert [await rows(database, table) for table in (Site, Line, Station)] == [2, 2, 2]


class TestParts:
    async def test_attempts_on_a_unit_are_counted(self, database: Database) -> None:
        async with database.unit_of_work() as work:
            attempts = [await work.parts.begin_attempt(None, "SN1") for _ in range(3)]
        assert [attempt.number for attempt in attempts] == [1, 2, 3]
        assert len({attempt.unit_id for attempt in attempts}) == 1

    async def test_attempts_begun_at_once_get_numbers_of_their_own(self, database: Database) -> None:
        async def begin() -> int:
            async with database.unit_of_work() as work:
                attempt = await work.parts.begin_attempt(None, "SN1")
                await work.commit()
            return attempt.number

        assert sorted(await asyncio.gather(*(begin() for _ in range(8)))) == list(range(1, 9))

    async def test_a_loose_part_is_a_unit_of_its_own(self, database: Database) -> None:
        async with database.unit_of_work() as work:
            first, second = [await work.parts.begin_attempt(None, None) for _ in range(2)]
        assert first.unit_id != second.unit_id
        assert first.number == second.number == 1

    async def test_serials_count_within_their_lot(self, database: Database) -> None:
        async with database.unit_of_work() as work:
            lots = [None, await work.parts.open_lot("A"), await work.parts.open_lot("B")]
            attempts = [await work.parts.begin_attempt(lot, "SN1") for lot in lots]
            await work.commit()
        assert len({attempt.unit_id for attempt in attempts}) == 3
        assert await rows(database, Unit) == 3

    async def test_a_lot_is_begun_once(self, database: Database) -> None:
        async with database.unit_of_work() as work:
            assert await work.parts.open_lot("A") == await work.parts.open_lot("A")

    async def test_a_seat_in_a_carrier_is_a_unit(self, database: Database) -> None:
        async with database.unit_of_work() as work:
            lots = [await work.parts.open_lot("A"), None]
            seats = [Seat("T1", 1, 1), Seat("T1", 1, 2), Seat("T2", 1, 1), Seat("T1", 1, 1)]
            attempts = [await work.parts.begin_attempt(lot, seat=seat) for lot in lots for seat in seats]
        assert [attempt.number for attempt in attempts] == [1, 1, 1, 2] * 2
        assert len({attempt.unit_id for attempt in attempts}) == 6

    async def test_a_serial_tells_units_apart_that_lay_in_the_same_seat(self, database: Database) -> None:
        seat = Seat("T1", 1, 1)
        async with database.unit_of_work() as work:
            attempts = [await work.parts.begin_attempt(None, serial, seat) for serial in ("SN1", "SN2", "SN1")]
            await work.commit()
            units = {unit.serial: unit.carrier for unit in await work.session.scalars(select(Unit))}
        assert [attempt.number for attempt in attempts] == [1, 1, 2]
        assert units == {"SN1": "T1", "SN2": None}

    async def test_serials_that_come_to_a_seat_at_once_are_units_of_their_own(self, database: Database) -> None:
        async def begin(serial: str) -> UUID:
            async with database.unit_of_work() as work:
                attempt = await work.parts.begin_attempt(None, serial, Seat("T1", 1, 1))
                await work.commit()
            return attempt.unit_id

        assert len({*await asyncio.gather(*(begin(f"SN{number}") for number in range(8)))}) == 8

    @pytest.mark.parametrize("seat", [("", 1, 1), ("T1", 0, 1), ("T1", 1, 0)], ids=["no carrier", "row 0", "column 0"])
    def test_a_seat_is_checked(self, seat: tuple[str, int, int]) -> None:
        with pytest.raises(ValueError, match="expected a carrier"):
            Seat(*seat)


class TestImages:
    async def test_equal_bytes_are_one_row_however_many_send_them(self, database: Database) -> None:
        async def add() -> UUID:
            async with database.unit_of_work() as work:
                id_ = await work.images.add(picture())
                await work.commit()
            return id_

        assert len({*await asyncio.gather(*(add() for _ in range(8)))}) == 1
        assert await rows(database, Image) == 1

    async def test_other_bytes_are_another_row(self, database: Database) -> None:
        async with database.unit_of_work() as work:
            assert await work.images.add(picture("a")) != await work.images.add(picture("b"))

    async def test_pictures_written_together_are_those_that_are_there_and_those_that_are_new(
        self, database: Database
    ) -> None:
        known, new = picture("a"), replace(picture("b"), thumbnail="cd" * 32)
        async with database.unit_of_work() as work:
            first = await work.images.add(known)
            ids = await work.images.add_all([new, replace(known, thumbnail="ef" * 32)])
            again = await work.images.add_all([new])
            shown = await work.session.scalar(select(Image.thumbnail).where(Image.id == first))
            assert await work.images.add_all([]) == {}
        assert ids == {known.address: first, **again}
        assert shown == bytes.fromhex("ef" * 32), "what was not known of it before is kept"

    @pytest.mark.parametrize("step", [1, -1], ids=["as they come", "reversed"])
    async def test_pictures_written_together_are_locked_in_one_order(self, database: Database, step: int) -> None:
        pictures = [picture(str(number)) for number in range(8)][::step]
        async with database.unit_of_work() as work:
            made = await work.images.add_all(pictures)
        assert list(made) == sorted(each.address for each in pictures)


class TestInspections:
    @pytest.mark.parametrize("origin", TRANSITIONS)
    @pytest.mark.parametrize("goal", TRANSITIONS)
    async def test_moves_as_the_table_says_and_no_other_way(
        self, database: Database, origin: InspectionState, goal: InspectionState
    ) -> None:
        [id_] = await waiting(database)
        async with database.unit_of_work() as work:
            await work.session.execute(update(Inspection).values(state=origin))
            moved = await work.inspections.move([id_], goal)
            state = await work.session.scalar(select(Inspection.state))
        assert (id_ in moved) is (goal in TRANSITIONS[origin])
        assert state == (goal if goal in TRANSITIONS[origin] else origin)

    async def test_a_failure_is_kept_with_its_reason_until_it_is_retried(self, database: Database) -> None:
        [id_] = await waiting(database)
        async with database.unit_of_work() as work:
            await work.session.execute(update(Inspection).values(state="running"))
            await work.inspections.fail(id_, code="ENGINE_FAILED", detail="dim lamp")
            failed = await work.session.get_one(Inspection, id_)
            assert (failed.state, failed.error_code, failed.error_detail) == ("failed", "ENGINE_FAILED", "dim lamp")
            assert failed.finished_at is not None
            await work.inspections.move([id_], "received")
            await work.session.refresh(failed)
            back = (failed.state, failed.error_code, failed.finished_at)
        assert [str(value) for value in back] == ["received", "None", "None"]

    async def test_what_came_in_lies_as_it_came(self, database: Database) -> None:
        async with database.unit_of_work() as work:
            id_ = await add_inspection(work, lot="L1", serial="SN1", file_name="a.jpg", lighting="ring")
            found = await work.session.get_one(Inspection, id_)
        assert (found.attempt, found.file_name, found.state) == (1, "a.jpg", "received")


class TestIdempotencyKeys:
    async def test_a_key_leads_back_to_what_it_made(self, database: Database) -> None:
        [id_] = await waiting(database)
        async with database.unit_of_work() as work:
            assert await work.idempotency.made("line 1", "k", DIGEST) is None
            assert await work.idempotency.remember("line 1", "k", request_digest=DIGEST, made=Made(id_))
            assert await work.idempotency.made("line 1", "k", DIGEST) == id_

    async def test_a_key_with_another_request_is_refused(self, database: Database) -> None:
        [id_] = await waiting(database)
        async with database.unit_of_work() as work:
            await work.idempotency.remember("line 1", "k", request_digest=DIGEST, made=Made(id_))
            with pytest.raises(IdempotencyMismatch):
                await work.idempotency.made("line 1", "k", OTHER)

    async def test_callers_have_keys_of_their_own(self, database: Database) -> None:
        [id_] = await waiting(database)
        async with database.unit_of_work() as work:
            await work.idempotency.remember("line 1", "k", request_digest=DIGEST, made=Made(id_))
            assert await work.idempotency.made("line 2", "k", OTHER) is None

    async def test_of_many_at_once_one_binds_the_key(self, database: Database) -> None:
        [id_] = await waiting(database)

        async def bind() -> bool:
            async with database.unit_of_work() as work:
                bound = await work.idempotency.remember("line 1", "k", request_digest=DIGEST, made=Made(id_))
                await work.commit()
            return bound

        assert sorted(await asyncio.gather(*(bind() for _ in range(6)))) == [False] * 5 + [True]

    @pytest.mark.parametrize(
        ("ages", "kept"),
        [
            pytest.param(range(20), range(14), id="a line that never rests"),
            pytest.param(range(0, 60, 3), range(0, 42, 3), id="one that works every third day"),
            pytest.param(range(14), range(14), id="a new one"),
            pytest.param(range(30, 44), range(30, 44), id="the clock is a month ahead"),
            pytest.param([8, *range(30, 44)], [8, *range(30, 43)], id="it was ahead before, for a day"),
            pytest.param([-40, -1, *range(20)], [-40, -1, *range(14)], id="it was further ahead before"),
            pytest.param([], [], id="none"),
        ],
    )
    async def test_old_keys_are_forgotten(self, database: Database, ages: Iterable[int], kept: Iterable[int]) -> None:
        """Ages are in days; below zero, the clock says that they are yet to come."""
        async with database.unit_of_work() as work:
            for age in ages:
                used_at = func.now() - timedelta(days=age)
                row = {"caller": "a", "key": str(age), "request_digest": DIGEST, "used_at": used_at}
                await work.session.execute(insert(IdempotencyKey).values(row))
            assert await work.idempotency.forget_old() == len(list(ages)) - len(list(kept))
            left = {int(key) for key in await work.session.scalars(select(IdempotencyKey.key))}
        assert left == set(kept)
