"""Where the units of a tray lie in its picture: rows by columns of places between four corners.

The corners are those of the grid as it is read, top-left, top-right, bottom-right, bottom-left; a tray seen aslant is a
plane in perspective, so places follow a homography and not straight interpolation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from core.geometry import as_quad, box_quad, homography, transform
from core.reading import Quad

MAX_PLACES = 2_000
"""Units of one picture; JEDEC trays hold some hundreds at the most."""

MIN_SIDE_PX = 8
"""A place of fewer pixels a side holds no mark."""


@dataclass(frozen=True, eq=False)
class Place:
    """One place of a tray: `row` and `column` from 1, and its corners in pixels of the upright picture."""

    row: int
    column: int
    quad: Quad


@dataclass(frozen=True)
class Tray:
    """A tray as it was described: its carrier's name, rows and columns, and its corners in the picture, if not all."""

    carrier: str
    rows: int
    columns: int
    corners: tuple[tuple[float, float], ...] | None = None

    def __post_init__(self) -> None:
        if not self.carrier:
            raise ValueError("expected the name of the tray's carrier, got none")
        if self.rows < 1 or self.columns < 1 or self.rows * self.columns > MAX_PLACES:
            raise ValueError(
                f"expected 1 to {MAX_PLACES:,} places in rows and columns, got {self.rows} x {self.columns}"
            )
        if self.corners is not None and not _is_convex(as_quad(self.corners)):
            raise ValueError(f"expected four corners in the order they are read, got {self.corners}")

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Tray:
        """Return the tray of `{"carrier": ..., "rows": ..., "columns": ..., "corners": [[x, y] x 4] or null}`.

        Raises:
            ValueError: it describes none.
        """
        corners = document.get("corners")
        try:
            points = None if corners is None else tuple((float(x), float(y)) for x, y in corners)
            return cls(str(document["carrier"]), int(document["rows"]), int(document["columns"]), points)
        except (KeyError, TypeError) as error:
            raise ValueError(f"expected carrier, rows, columns and corners of a tray, got {document!r}") from error

    def to_document(self) -> dict[str, Any]:
        """Return what `from_document` reads."""
        corners = None if self.corners is None else [list(corner) for corner in self.corners]
        return {"carrier": self.carrier, "rows": self.rows, "columns": self.columns, "corners": corners}


def places(tray: Tray, size_wh: tuple[int, int]) -> tuple[Place, ...]:
    """Return the places of a tray in a picture of that size, row by row.

    Raises:
        ValueError: the corners lie outside the picture, or the places are too small in it.
    """
    whole = box_quad(0, 0, size_wh[0] - 1, size_wh[1] - 1)
    corners = whole if tray.corners is None else as_quad(tray.corners)
    if (corners < 0).any() or (corners > whole[2]).any():
        raise ValueError(f"the tray's corners lie outside the picture of {size_wh[0]} x {size_wh[1]} pixels")
    grid = box_quad(0, 0, tray.columns, tray.rows)
    points = _grid_points(tray.rows, tray.columns)
    mapped = transform(points, homography(grid, corners)).reshape(tray.rows + 1, tray.columns + 1, 2)
    found = tuple(
        Place(row + 1, column + 1, _cell(mapped, row, column))
        for row in range(tray.rows)
        for column in range(tray.columns)
    )
    if min(_least_side_px(place.quad) for place in found) < MIN_SIDE_PX:
        raise ValueError(f"{tray.rows} x {tray.columns} places in it are smaller than {MIN_SIDE_PX} pixels a side")
    return found


def _grid_points(rows: int, columns: int) -> Any:
    down, across = np.mgrid[0 : rows + 1, 0 : columns + 1]
    return np.stack([across.ravel(), down.ravel()], axis=1).astype(np.float32)


def _cell(mapped: Any, row: int, column: int) -> Quad:
    ahead: Sequence[tuple[int, int]] = ((0, 0), (0, 1), (1, 1), (1, 0))
    return as_quad([mapped[row + down, column + right] for down, right in ahead])


def _least_side_px(quad: Quad) -> float:
    return float(np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1).min())


def _is_convex(quad: Quad) -> bool:
    """Tell whether corners go round once, clockwise as a picture is seen (its y axis points down)."""
    return bool(cv2.isContourConvex(quad)) and cv2.contourArea(quad, oriented=True) > 0
