"""What settled is ready in its order; what changed settles anew; what is beyond the bound comes later."""

from __future__ import annotations

import pytest

from workers.drop_folder import Sighting
from workers.sightings import Sightings

SETTLE_S = 2.0


def sighting(mtime_ns: int = 1, size: int = 10) -> Sighting:
    return Sighting(size, mtime_ns, inode=1)


def look(seen: Sightings, now: float, **found: Sighting) -> None:
    """Look once, file by file, as in pieces."""
    seen.begin()
    for name, each in found.items():
        seen.see([(name, each)], now)
    seen.end()


@pytest.fixture
def seen() -> Sightings:
    return Sightings(SETTLE_S)


def test_of_an_empty_folder_nothing_is_ready(seen: Sightings) -> None:
    look(seen, 0)
    assert (len(seen), seen.ready(1000), seen.next_due()) == (0, [], None)


def test_files_are_ready_when_they_have_settled_by_their_times_then_names(seen: Sightings) -> None:
    look(seen, 0, c=sighting(5), b=sighting(7), a=sighting(7))
    look(seen, 1, c=sighting(5), b=sighting(7), a=sighting(7), late=sighting(1))
    assert seen.ready(1.9) == []
    assert seen.ready(2.0) == ["c", "a", "b"]
    assert seen.ready(3.0) == ["late", "c", "a", "b"]
    assert (len(seen), seen.next_due()) == (4, 2.0)


@pytest.mark.parametrize("changed", [sighting(2), sighting(size=11), Sighting(10, 1, inode=2)])
def test_a_file_that_has_changed_settles_anew(seen: Sightings, changed: Sighting) -> None:
    look(seen, 0, a=sighting())
    look(seen, 1, a=changed)
    assert seen.ready(2.5) == []
    assert seen.ready(3.0) == ["a"]


def test_what_is_gone_and_what_was_handled_are_forgotten(seen: Sightings) -> None:
    look(seen, 0, a=sighting(), b=sighting(), c=sighting())
    look(seen, 1, b=sighting(), c=sighting())
    seen.forget("c")
    seen.forget("never seen")
    assert (len(seen), seen.ready(10)) == (1, ["b"])
    seen.forget_all()
    assert (len(seen), seen.ready(10)) == (0, [])


def test_a_look_that_is_broken_off_forgets_nothing(seen: Sightings) -> None:
    look(seen, 0, a=sighting(), b=sighting())
    seen.begin()
    seen.see([("b", sighting())], 1)
    assert seen.ready(2.0) == ["a", "b"]


def test_what_rests_is_ready_when_it_has_rested(seen: Sightings) -> None:
    look(seen, 0, a=sighting())
    seen["a"].again = 30.0
    assert (seen.ready(29.0), seen.next_due(), seen.ready(30.0)) == ([], 30.0, ["a"])


@pytest.mark.parametrize("count", [3, 4, 5, 50])
def test_at_most_so_many_are_remembered_the_first_in_line_and_all_are_counted(count: int) -> None:
    seen = Sightings(SETTLE_S, most=3)
    files = {f"{number:03}": sighting(number) for number in reversed(range(count))}
    look(seen, 0, **files)
    assert (len(seen), seen.ready(2)) == (count, ["000", "001", "002"])
    for name in seen.ready(2):
        seen.forget(name)
        del files[name]
    assert len(seen) == count - 3
    look(seen, 2, **files)
    assert seen.ready(4) == [f"{number:03}" for number in range(3, min(count, 6))]


def test_within_the_bound_those_that_were_known_keep_their_time(seen: Sightings) -> None:
    seen = Sightings(SETTLE_S, most=2)
    files = {f"{number}": sighting(number) for number in range(9)}
    look(seen, 0, **files)
    look(seen, 1, **dict(reversed(files.items())))
    assert seen.ready(2) == ["0", "1"]


def test_a_pile_of_broken_files_stands_in_nobodys_way(seen: Sightings) -> None:
    seen = Sightings(SETTLE_S, most=2)
    broken = {"bad-1": sighting(1), "bad-2": sighting(2)}
    look(seen, 0, **broken)
    for name in broken:
        seen[name].tries, seen[name].again = 1, 100.0
    look(seen, 1, **broken, good=sighting(9))
    assert seen.ready(5) == ["good"]
