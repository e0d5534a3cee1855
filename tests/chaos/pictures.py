"""Small pictures of real chips, each unlike any other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np

from data import bundled

LONGEST_SIDE_PX = 320


def photos(folder: Path | None) -> list[bytes]:
    """Return the files of real photos: those of `folder` with one chip each, or the bundled ones."""
    if folder is None:
        return [sample.read() for sample in bundled.samples()]
    return [path.read_bytes() for path in sorted(folder.glob("images/dip/*.jpg"))]


def small(files: Sequence[bytes], names: Sequence[str]) -> Iterator[bytes]:
    """Yield a PNG file for each name: the photos in turn, made small, with the name's digest in the first pixels."""
    for name, file in zip(names, cycle(files), strict=False):
        pixels = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)
        scale = LONGEST_SIDE_PX / max(pixels.shape)
        made = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        made[0, :32, 0] = list(hashlib.sha256(name.encode()).digest())
        yield cv2.imencode(".png", made)[1].tobytes()
