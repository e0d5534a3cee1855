"""The passwords that everybody tries first: a bundled list of digests, sorted, so that a look is a search by halves.

An entry is the first `WIDTH` bytes of the SHA-256 of a password that was folded (`core.password.folded`). Of passwords
that are not in the list, one in 80 million is taken for one that is. `data.packing_passwords` makes the list.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from data.bundled import BundleBroken

WIDTH = 5
NAME = "common.bin"


def digest(folded: str) -> bytes:
    """Return the entry of a folded password."""
    return hashlib.sha256(folded.encode()).digest()[:WIDTH]


def packed(folded: Iterable[str]) -> bytes:
    """Return the list of folded passwords as it is bundled."""
    return b"".join(sorted({digest(each) for each in folded}))


def is_common(folded: str) -> bool:
    """Return whether a folded password is in the bundled list.

    Raises:
        BundleBroken: the list is not the one that its manifest names.
    """
    return holds(_bundled(), folded)


def holds(listed: bytes, folded: str) -> bool:
    """Return whether a folded password is in a packed list."""
    wanted = digest(folded)
    places = range(len(listed) // WIDTH)
    place = bisect_left(places, wanted, key=lambda each: listed[each * WIDTH : (each + 1) * WIDTH])
    return listed[place * WIDTH : (place + 1) * WIDTH] == wanted


@cache
def _bundled() -> bytes:
    folder = files("data").joinpath("assets", "passwords")
    [row] = json.loads(folder.joinpath("manifest.json").read_text("utf-8"))["lists"]
    listed = folder.joinpath(row["name"]).read_bytes()
    if hashlib.sha256(listed).hexdigest() != row["sha256"]:
        raise BundleBroken("the bundled list of common passwords is not the one its manifest names; install again")
    return listed
