"""`marksight read`: what is marked on the parts in some photos, without a recipe and without a server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from dashboard.cli.errors import ERROR_CODE

if TYPE_CHECKING:
    from core.engines import Reader
    from core.image import ImageLimits


class Row(TypedDict):
    """What is printed for one photo; `error` is empty where it was read."""

    file: str
    lines: list[str]
    seconds: float
    faults: list[str]
    error: str


def read(
    paths: Annotated[list[str], typer.Argument(help="Photos, or folders of photos.", show_default=False)],
    *,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="One JSON object a line: file, lines from top to bottom, seconds.")
    ] = False,
    reader: Annotated[str, typer.Option(help="Which reader: ppocr, rapidocr or tesseract.")] = "ppocr",
) -> None:
    """Read the marks in photos. Exit code 4 when any photo could not be read."""
    from core.image import ImageLimits
    from dashboard.cli.photos import found_in, with_progress
    from data.settings import settings
    from workers.readers.catalogue import build

    chosen = settings()
    limits = ImageLimits(chosen.max_image_bytes, chosen.max_image_pixels, chosen.min_image_side_px)
    files = list(found_in(paths))
    if not files:
        raise typer.BadParameter("no photo is there", param_hint="paths")
    failed = False
    for row in _rows(with_progress(files, "Reading"), build(reader), limits):
        if row["error"]:
            failed = True
            typer.echo(f"{row['file']}: {row['error']}", err=True)
        if jsonl:
            typer.echo(json.dumps(_bare(row), ensure_ascii=False))
        elif not row["error"]:
            typer.echo(_words(row))
    if failed:
        raise typer.Exit(ERROR_CODE)


def _rows(files: Iterable[str], engine: Reader, limits: ImageLimits) -> Iterator[Row]:
    import time

    from core.errors import MarksightError
    from core.image import decode

    for file in files:
        started = time.perf_counter()
        try:
            mark = engine.read(decode(Path(file).read_bytes(), limits), time.perf_counter)
        except (MarksightError, OSError) as error:
            yield Row(file=file, lines=[], seconds=0.0, faults=[], error=_reason(error))
            continue
        seconds = round(time.perf_counter() - started, 4)
        yield Row(file=file, lines=list(mark.texts), seconds=seconds, faults=list(mark.faults), error="")


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)


def _bare(row: Row) -> dict[str, object]:
    """Return the row without what is empty, but for the lines."""
    return {key: value for key, value in row.items() if value or key in {"lines", "seconds"}}


def _words(row: Row) -> str:
    shown = row["lines"] or [f"(nothing read{''.join(f', {fault}' for fault in row['faults'])})"]
    return "\n".join([f"{row['file']}  {row['seconds']:.2f} s", *(f"    {line}" for line in shown)])
