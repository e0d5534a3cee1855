"""The whole way: anchored, tampered with as a superuser would, and found; each fault with what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from core.audit_anchor import FaultKind, digest_of
from data.anchors import name_of
from data.errors import AnchorError
from data.settings import Settings
from tests.bucket_server import BUCKET, Bucket
from tests.workers.anchor_probe import REWRITTEN, lots, lying, place_of, superuser_does
from tests.workers.conftest import Homed
from workers import auditing
from workers.anchoring import anchor
from workers.audit_remedies import ANCHOR_REMEDIES, REMEDIES
from workers.auditing import Kind
from workers.composition import Services
from workers.proof import Proof, prove

WALK_S = 60.0


async def proof(services: Services, path: Path | None = None) -> Proof:
    return await prove(services, path=path, tell=lambda seen, total: None, answer_s=WALK_S)


async def anchored_twice(services: Services) -> None:
    """A trail of twelve entries in one chain, anchored at the sixth and at the last."""
    for called in ("A", "B"):
        await lots(services, called=called)
        await anchor(services)


async def test_an_anchored_trail_holds(homed: Homed, tmp_path: Path) -> None:
    services = homed()
    await anchored_twice(services)
    found = await proof(services)
    assert found.holds
    assert (found.verified.entries, found.verified.anchors, found.anchors.count, found.remarks) == (12, 2, 2, ())
    assert found.anchors.place == str(tmp_path / "anchors")


async def test_what_came_after_the_last_anchor_is_walked_too(homed: Homed) -> None:
    services = homed()
    await anchored_twice(services)
    await lots(services, 3, called="C")
    found = await proof(services)
    assert (found.holds, found.verified.entries, found.verified.anchors) == (True, 15, 2)


async def test_without_anchors_it_says_what_cannot_be_found(homed: Homed, postgres: Settings) -> None:
    services = homed()
    await lots(services)
    await superuser_does(postgres, REWRITTEN.format(position=3))
    found = await proof(services)
    assert found.holds
    assert "a chain that was rewritten whole, with its head, is not found" in found.remarks[0]


@pytest.mark.parametrize("where", ["a folder", "a bucket", "a copy of the folder", "a copy of one"])
async def test_a_chain_rewritten_with_its_head_is_named_by_its_anchors(
    homed: Homed, postgres: Settings, bucket: Bucket, tmp_path: Path, where: str
) -> None:
    services = homed(f"s3://{BUCKET}/anchors?endpoint={bucket.endpoint}" if where == "a bucket" else None)
    await anchored_twice(services)
    await superuser_does(postgres, REWRITTEN.format(position=9))
    assert (await auditing.verify(services.database)).faults == []
    path = {"a copy of the folder": tmp_path / "anchors", "a copy of one": tmp_path / "anchors" / name_of(2)}.get(where)
    found = await proof(services, path)
    (fault,) = found.verified.faults
    assert not found.holds
    assert (fault.kind, fault.relation, fault.lane, fault.position) == ("rewritten", "lots", 0, 12)
    assert fault.words.startswith("anchor 2 of ")
    assert fault.words.endswith(f"what differs lies from {1 if where == 'a copy of one' else 7} on")


async def test_an_anchor_made_after_the_rewriting_hides_nothing(homed: Homed, postgres: Settings) -> None:
    services = homed()
    await anchored_twice(services)
    await superuser_does(postgres, REWRITTEN.format(position=3))
    assert await anchor(services) is not None
    (fault,) = (await proof(services)).verified.faults
    assert (fault.kind, fault.position) == ("rewritten", 6)


async def test_a_trail_put_back_to_an_earlier_moment_is_named(homed: Homed, postgres: Settings) -> None:
    services = homed()
    await anchored_twice(services)
    await superuser_does(
        postgres,
        "DELETE FROM audit.lots WHERE position > 8; DELETE FROM lots WHERE code > 'B1'; UPDATE audit.heads SET"
        " position = 8, hash = (SELECT hash FROM audit.lots WHERE position = 8) WHERE relation = 'lots' AND lane = 0",
    )
    (fault,) = (await proof(services)).verified.faults
    assert (fault.kind, fault.position) == ("removed", 8)
    assert "it ends at 8, and anchor 2 of" in fault.words


def _change(folder: Path) -> None:
    """Let the first anchor agree with a chain that was rewritten, as somebody would who can write there too."""
    path = folder / name_of(1)
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data.replace(b'"entry_id":', b'"entry_id":1'))


def _exchange(folder: Path) -> None:
    one, other = (folder / name_of(number) for number in (1, 2))
    one.rename(folder / "aside")
    other.rename(one)
    (folder / "aside").rename(other)


TAMPERED: dict[str, tuple[Callable[[Path], object], list[tuple[str, int]]]] = {
    "changed": (_change, [("changed", 1)]),
    "removed": (lambda folder: (folder / name_of(1)).unlink(), [("missing", 1)]),
    "the last removed": (lambda folder: (folder / name_of(2)).unlink(), [("missing", 2)]),
    "reordered": (_exchange, [("reordered", 1), ("reordered", 2), ("changed", 2)]),
}


@pytest.mark.parametrize(("tamper", "named"), TAMPERED.values(), ids=TAMPERED.keys())
async def test_anchors_that_are_tampered_with_are_named(
    homed: Homed, tmp_path: Path, tamper: Callable[[Path], object], named: list[tuple[str, int]]
) -> None:
    services = homed()
    await anchored_twice(services)
    tamper(tmp_path / "anchors")
    found = await proof(services)
    assert not found.holds
    assert sorted((each.kind, each.number) for each in found.anchors.faults) == sorted(named)
    assert found.verified.faults == []


async def test_whoever_rewrites_chain_and_anchor_is_found_by_the_next_anchor(
    homed: Homed, postgres: Settings, tmp_path: Path
) -> None:
    services = homed()
    await anchored_twice(services)
    await superuser_does(postgres, REWRITTEN.format(position=3))
    first, second = await lying(services)
    heads = (await _heads(services)) | {}
    (tmp_path / "anchors" / name_of(2)).unlink()
    (tmp_path / "anchors" / name_of(2)).write_bytes(replace(second, heads=heads).to_bytes())
    found = await proof(services)
    assert [(each.kind, each.position) for each in found.verified.faults] == [("rewritten", 6)]
    assert [(each.kind, each.number) for each in found.anchors.faults] == [("changed", 2)]
    assert first.heads[("lots", 0)][0] == 6


async def _heads(services: Services) -> dict[tuple[str, int], tuple[int, bytes]]:
    from data.queries import audit  # noqa: PLC0415

    async with services.database.session() as session:
        return await audit.heads(session)


async def test_anchors_of_another_database_are_compared_and_said(homed: Homed) -> None:
    services = homed()
    await anchored_twice(services)
    *_, last = await lying(services)
    await place_of(services).add(3, replace(last, number=3, system="1", before=digest_of(last.to_bytes())).to_bytes())
    found = await proof(services)
    assert found.holds
    assert "marksight (system 1)" in found.remarks[0]


async def test_anchors_that_cannot_be_read_are_an_error_and_no_verdict(homed: Homed, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AnchorError, match="not a directory"):
        await proof(homed(f"file://{tmp_path}/file"))
    with pytest.raises(AnchorError, match="There are no anchors in"):
        await proof(homed(), tmp_path)


async def test_progress_is_told_with_how_much_there_is(homed: Homed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "TELL_EVERY", 2)
    services = homed()
    await lots(services, 5)
    told: list[tuple[int, int]] = []
    await prove(services, tell=lambda seen, total: told.append((seen, total)), answer_s=WALK_S)
    assert told == [(2, 5), (4, 5)]


def test_every_fault_has_its_words() -> None:
    assert set(REMEDIES) == set(get_args(Kind))
    assert set(ANCHOR_REMEDIES) == set(get_args(FaultKind))
