"""How well and how fast marks are read: our reader beside RapidOCR as it comes and Tesseract, on the same photos."""

from __future__ import annotations

import csv
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.engines import Reader
from core.image import ImageLimits, decode
from core.scoring import Tally, score
from workers.bench.report import Advance, BenchUnable, Cell, Options, Report
from workers.readers import catalogue

LIMITS = ImageLimits(max_bytes=64 * 2**20, max_pixels=100_000_000, min_side_px=8)
COLUMNS = (
    ("photos of", ""),
    ("reader", ""),
    ("photos", "d"),
    ("line exact", ".1%"),
    ("chip exact", ".1%"),
    ("cer", ".1%"),
    ("extra", ".2f"),
    ("s a photo", ".3f"),
)
ALL = "all"


@dataclass(frozen=True, slots=True)
class Photo:
    """A labelled photo: its path, where it comes from, its marking lines, and whether the part is defective."""

    path: Path
    source: str
    lines: tuple[str, ...]
    defective: bool


@dataclass(frozen=True)
class Measured:
    """What one reader reached: a tally and the seconds of each photo, by source and for all."""

    tallies: dict[str, Tally]
    seconds: dict[str, list[float]]

    def median_s(self, source: str = ALL) -> float:
        """Return the median seconds a photo."""
        return statistics.median(self.seconds[source])


def photos_in(folder: Path, limit: int | None = None) -> list[Photo]:
    """Return the labelled photos of `folder`; with a limit, about so many, spread evenly over them.

    Raises:
        BenchUnable: the folder holds no labels.
    """
    labels = folder / "labels.csv"
    if not labels.is_file():
        raise BenchUnable(f"no labelled photos in {folder}: expected labels.csv there; name the folder with --photos")
    with labels.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    step = max(1, -(-len(rows) // limit)) if limit else 1
    return [
        Photo(folder / row["file"], row["source"], tuple(row["lines"].split("|")), row["verdict"].startswith("def"))
        for row in rows[::step]
    ]


def run(options: Options, advance: Advance) -> Report:
    """Read every photo with every reader and compare."""
    photos = photos_in(options.photos, options.limit)
    names = options.readers or tuple(catalogue.READERS)
    here = [name for name in names if name in catalogue.available()]
    missing = [f"{name} is not installed here and was left out." for name in names if name not in here]
    measured: dict[str, Measured] = {}
    for index, name in enumerate(here):
        steps = _told(photos, name, advance, offset=index * len(photos), total=len(here) * len(photos))
        measured[name] = measure(catalogue.build(name), steps)
    rows = sorted(
        (row for name, result in measured.items() for row in _rows(name, result)), key=lambda row: _order(row, here)
    )
    remarks = (*_ratios(measured), *missing)
    return Report("reading", "Reading", COLUMNS, tuple(rows), remarks, metrics=_metrics(measured))


def _told(photos: list[Photo], name: str, advance: Advance, *, offset: int, total: int) -> Iterator[Photo]:
    for done, photo in enumerate(photos):
        advance(offset + done, total, f"{name}: {photo.source}")
        yield photo
    advance(offset + len(photos), total, name)


def measure(reader: Reader, photos: Iterator[Photo]) -> Measured:
    """Read photos one after another; the time of each is from its bytes to its lines."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    seconds: dict[str, list[float]] = defaultdict(list)
    for photo in photos:
        data = photo.path.read_bytes()
        started = time.perf_counter()
        texts = reader.read(decode(data, LIMITS), time.perf_counter).texts
        took = time.perf_counter() - started
        tally = score(photo.lines, texts, defective=photo.defective)
        for key in (ALL, photo.source) if tally.photos else ():
            tallies[key] += tally
            seconds[key].append(took)
    return Measured(dict(tallies), dict(seconds))


def _rows(name: str, result: Measured) -> Iterator[tuple[Cell, ...]]:
    for source, tally in result.tallies.items():
        figures = (tally.line_exact, tally.chip_exact, tally.cer, tally.extra_per_photo)
        yield (source, name, tally.photos, *figures, result.median_s(source))


def _metrics(measured: dict[str, Measured]) -> dict[str, dict[str, dict[str, float]]]:
    """Return figure -> reader -> source -> value."""
    metrics = {
        figure: {
            name: {source: getattr(tally, figure) for source, tally in result.tallies.items()}
            for name, result in measured.items()
        }
        for figure in ("line_exact", "chip_exact", "cer")
    }
    times = {name: {source: result.median_s(source) for source in result.seconds} for name, result in measured.items()}
    return {**metrics, "s_a_photo": times}


def _order(row: tuple[Cell, ...], readers: list[str]) -> tuple[bool, str, int]:
    """Sort by source, all of them first, then by reader in the order asked for."""
    return row[0] != ALL, str(row[0]), readers.index(str(row[1]))


def _ratios(measured: dict[str, Measured]) -> Iterator[str]:
    ours = measured.get(catalogue.DEFAULT)
    if ours is None or ALL not in ours.tallies:
        return
    for name, peer in measured.items():
        if name == catalogue.DEFAULT:
            continue
        lines = f"{ours.tallies[ALL].line_exact:.1%} of lines against {peer.tallies[ALL].line_exact:.1%}"
        yield f"{catalogue.DEFAULT} beside {name}: {lines}; {ours.median_s() / peer.median_s():.2f} times its time."
