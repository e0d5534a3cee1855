"""Anchors are kept when there is something new, in one chain, by any number at once; what fails is said and tried."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.audit_anchor import anchor_of, digest_of
from core.audit_chain import START
from data.anchors import name_of
from data.errors import AnchorError, AnchorsUnfit
from data.queries import audit
from data.urls import app_url
from tests.bucket_server import BUCKET, Bucket
from tests.hook_server import Hook
from tests.workers.anchor_probe import REWRITTEN, lots, lying, place_of, superuser_does, told
from tests.workers.conftest import Homed
from workers import anchor_notes, anchoring
from workers.anchoring import anchor, tell_webhooks
from workers.composition import Services, compose

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


async def test_the_heads_are_anchored_as_they_are(homed: Homed, tmp_path: Path) -> None:
    services = homed()
    await lots(services)
    made = await anchor(services)
    async with services.database.session() as session:
        heads = await audit.heads(session)
        last = await session.scalar(audit.select(audit.AuditEntry.id).order_by(audit.AuditEntry.id.desc()).limit(1))
    assert made is not None
    assert (made.number, made.before, made.heads, made.entry_id) == (1, START, heads, last)
    assert (made.database, made.system.isdigit()) == ("marksight", True)
    assert abs(datetime.now(UTC) - made.at) < timedelta(minutes=5)
    assert (tmp_path / "anchors" / name_of(1)).read_bytes() == made.to_bytes()


async def test_an_empty_trail_needs_no_anchor(homed: Homed, tmp_path: Path) -> None:
    assert await anchor(homed()) is None
    assert not (tmp_path / "anchors").exists()


async def test_each_names_the_one_before_it_and_nothing_new_makes_none(homed: Homed) -> None:
    services = homed()
    for number in range(3):
        await lots(services, 1, called=f"{number}-")
        assert await anchor(services) is not None
        assert await anchor(services) is None
    found = await lying(services)
    assert [each.number for each in found] == [1, 2, 3]
    assert [each.before for each in found] == [START, *(digest_of(each.to_bytes()) for each in found[:-1])]


async def test_two_relays_at_once_make_one_chain(homed: Homed) -> None:
    one, other = homed(), homed()
    for number in range(6):
        await lots(one, 1, called=f"{number}-")
        made = await asyncio.gather(*(anchor(services) for services in (one, other) * 3))
        assert sum(each is not None for each in made) == 1
    found = await lying(one)
    assert [each.number for each in found] == list(range(1, 7))
    assert [each.before for each in found[1:]] == [digest_of(each.to_bytes()) for each in found[:-1]]


async def test_writers_that_go_on_meanwhile_leave_a_chain_too(homed: Homed) -> None:
    services = homed()
    writing = asyncio.create_task(lots(services, 60))
    while not writing.done():
        await asyncio.gather(*(anchor(services) for _ in range(3)))
    await writing
    await anchor(services)
    found = await lying(services)
    assert [each.before for each in found[1:]] == [digest_of(each.to_bytes()) for each in found[:-1]]
    assert [each.entry_id for each in found] == sorted({each.entry_id for each in found})


async def test_a_bucket_keeps_them_too(homed: Homed, bucket: Bucket, tmp_path: Path) -> None:
    url = f"s3://{BUCKET}/anchors?endpoint={bucket.endpoint}"
    one, other = homed(url), homed(url)
    await lots(one)
    made = await asyncio.gather(anchor(one), anchor(other))
    assert [each.number for each in await lying(one)] == [1]
    assert sum(each is not None for each in made) == 1
    assert not (tmp_path / "anchors").exists()


async def test_a_put_whose_answer_was_lost_is_found_to_be_ours(homed: Homed) -> None:
    services = homed()
    await lots(services)
    made = await anchor(services)
    assert made is not None
    assert await anchoring._is_kept(place_of(services), made)


async def unfit(services: Services) -> str:
    with pytest.raises(AnchorsUnfit) as caught:
        await anchor(services)
    return str(caught.value)


async def test_anchors_of_another_database_are_left_until_somebody_says(homed: Homed) -> None:
    services = homed()
    await lots(services)
    await anchor(services)
    place = place_of(services)
    (first,) = await lying(services)
    elsewhere = anchoring.replace(first, number=2, system="1", before=digest_of(first.to_bytes()))
    await place.add(2, elsewhere.to_bytes())
    said = await unfit(services)
    assert "are of another database, marksight (system 1)" in said
    assert "marksight audit anchor --go-on" in said
    assert await place.numbers() == [1, 2]
    made = await anchor(services, go_on=True)
    assert made is not None
    assert (made.number, made.before) == (3, digest_of(elsewhere.to_bytes()))


TAMPERED = {
    "the last one gone": (lambda path: (path / name_of(2)).unlink(), "Anchor 2, which was written from here, is not"),
    "all of them gone": (shutil.rmtree, "Anchor 2, which was written from here, is not"),
    "the last one changed": (
        lambda path: _put(path, 2, anchor_of((path / name_of(2)).read_bytes())),
        "is not what was written from here",
    ),
    "the last one damaged": (lambda path: _damage(path / name_of(2)), "is not what was written from here"),
    "a damaged one more": (lambda path: (path / name_of(3)).write_bytes(b"{}"), "Anchor 3 in .* is damaged"),
}


def _put(path: Path, number: int, made: anchoring.Anchor) -> None:
    (path / name_of(number)).unlink()
    (path / name_of(number)).write_bytes(anchoring.replace(made, heads={}).to_bytes())


def _damage(path: Path) -> None:
    path.unlink()
    path.write_bytes(b'{"number":2')


@pytest.mark.parametrize(("tamper", "words"), TAMPERED.values(), ids=TAMPERED.keys())
async def test_what_is_not_as_it_was_written_stops_the_chain_until_somebody_says(
    homed: Homed, tmp_path: Path, tamper: Callable[[Path], object], words: str
) -> None:
    services = homed()
    for number in range(2):
        await lots(services, 1, called=f"{number}-")
        await anchor(services)
    tamper(tmp_path / "anchors")
    await lots(services, 1, called="more")
    with pytest.raises(AnchorsUnfit, match=words):
        await anchor(services)
    assert await anchor(services, go_on=True) is not None
    assert await anchor(services) is None


async def test_another_place_begins_anew(homed: Homed, tmp_path: Path) -> None:
    await lots(homed())
    await anchor(homed())
    moved = homed(f"file://{tmp_path}/elsewhere")
    made = await anchor(moved)
    assert made is not None
    assert made.number == 1


async def test_a_trail_that_has_gone_back_is_anchored_and_said(homed: Homed, caplog: pytest.LogCaptureFixture) -> None:
    services = homed()
    await lots(services)
    await anchor(services)
    await superuser_does(
        services.settings.model_copy(update={"home": _postgres_home(services)}), REWRITTEN.format(position=3)
    )
    assert await anchor(services) is not None
    assert "the audit trail is behind anchor 1 of" in caplog.text
    assert "lane 0 of lots has another hash at 6 than it had" in caplog.text


def _postgres_home(services: Services) -> Path:
    from urllib.parse import unquote  # noqa: PLC0415 - the state folder of the servers is another than the test's

    return Path(unquote(app_url(services.settings).rpartition("host=")[2])).parent


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_webhook_is_told_once_and_the_folder_keeps_a_copy(homed: Homed, hook: Hook, tmp_path: Path) -> None:
    services = homed(f"{hook.url}/hunter2")
    await tell_webhooks(services)
    assert hook.heard == []
    await lots(services)
    await anchor(services)
    await tell_webhooks(services)
    await tell_webhooks(homed(f"{hook.url}/hunter2"))
    assert hook.heard == [(tmp_path / "anchors" / name_of(1)).read_bytes()]


async def test_a_webhook_that_fails_is_told_later_and_keeps_no_other_from_being(
    homed: Homed, hook: Hook, tmp_path: Path
) -> None:
    failing = Hook()
    await failing.start()
    failing.says(500)
    services = homed(f"{failing.url}/a {hook.url}/b")
    for number in range(2):
        await lots(services, 1, called=f"{number}-")
        await anchor(services)
        with pytest.raises(AnchorError, match=f"{failing.url} answers 500"):
            await tell_webhooks(services)
    assert told(hook) == [1, 2]
    failing.says(200)
    await tell_webhooks(services)
    assert told(failing) == [1, 2, 2]
    assert told(hook) == [1, 2]
    await failing.end()


async def test_a_clock_of_the_services_dates_them(services: Services, emptied: None) -> None:
    await lots(services)
    later = compose(services.settings, clock=lambda: NOON)
    made = await anchor(later)
    await later.close()
    assert made is not None
    assert made.at == NOON


async def test_notes_that_cannot_be_written_hold_up_nothing(homed: Homed, tmp_path: Path) -> None:
    anchor_notes.notes_file(tmp_path).mkdir()
    services = homed()
    await lots(services)
    assert await anchor(services) is not None
    assert names_in(tmp_path) == ["anchoring.json", "anchors"]
    assert names_in(tmp_path / "anchors") == [name_of(1)]
