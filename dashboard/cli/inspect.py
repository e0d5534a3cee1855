"""`marksight inspect`: judge photos by a recipe, without a server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import MarksightError, RecipeInvalid
from core.verdicts import Verdict, worst
from dashboard.cli.errors import ERROR_CODE

if TYPE_CHECKING:
    from core.engines import Engines
    from core.image import ImageLimits
    from core.recipe import Recipe

Row = dict[str, Any]
"""An evidence document (`core.evidence`) with `file`; or `file` and `error`."""

MOST_RECIPE_BYTES = 2**20


class RecipeUnknown(MarksightError):
    """No recipe of that name is bundled, and no such file is there."""


def inspect(
    paths: Annotated[list[str], typer.Argument(help="Photos, or folders of photos.", show_default=False)],
    *,
    recipe: Annotated[
        str, typer.Option("--recipe", "-r", help="A bundled recipe by name or part number, or a JSON file.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line: file, and the evidence.")] = False,
) -> None:
    """Judge the marks in photos by a recipe.

    Exit code: 0 pass, 1 fail, 2 borderline, 3 not judged, 4 an error. Of several photos the gravest speaks: an error,
    then fail, not judged, borderline, pass.
    """
    from core.image import ImageLimits
    from dashboard.cli.photos import found_in, with_progress
    from data.settings import settings

    judging = recipe_of(recipe)
    chosen = settings()
    limits = ImageLimits(chosen.max_image_bytes, chosen.max_image_pixels, chosen.min_image_side_px)
    files = list(found_in(paths))
    if not files:
        raise typer.BadParameter("no photo is there", param_hint="paths")
    rows = []
    for row in judged(with_progress(files, "Inspecting"), judging, _engines(judging.reader), limits):
        typer.echo(
            json.dumps(row, ensure_ascii=False) if as_json else in_words(row), err="error" in row and not as_json
        )
        rows.append(row)
    raise typer.Exit(exit_code(rows))


def exit_code(rows: Sequence[Row]) -> int:
    """Return the code of the gravest row: an error, fail, not judged, borderline, pass."""
    if any("error" in row for row in rows):
        return ERROR_CODE
    return int(worst([Verdict[row["verdict"].upper()] for row in rows]))


def recipe_of(name: str) -> Recipe:
    """Return the recipe in a JSON file, or the bundled one of this name, file name or part number.

    Raises:
        RecipeUnknown: there is neither; the message lists the bundled ones.
        RecipeInvalid: the file holds no recipe; the message names the place.
    """
    from data.bundled import recipes

    if os.path.isfile(name):  # noqa: PTH113 - it has an answer to any name, unlike Path.is_file
        return _recipe_in(Path(name))
    bundled = recipes()
    for key, recipe in bundled.items():
        if name.casefold() in (key.casefold(), recipe.name.casefold(), recipe.part_number.casefold()):
            return recipe
    raise RecipeUnknown(f"no recipe {name!r}: neither a file nor one of the bundled {', '.join(bundled)}")


def _recipe_in(path: Path) -> Recipe:
    from core.recipe import Recipe

    if path.stat().st_size > MOST_RECIPE_BYTES:
        raise RecipeInvalid(f"expected at most {MOST_RECIPE_BYTES} bytes", str(path))
    try:
        return Recipe.from_document(json.loads(path.read_text("utf-8")))
    except RecipeInvalid as error:
        raise RecipeInvalid(str(error), str(path)) from error
    except (ValueError, RecursionError) as error:  # bad JSON, or no UTF-8
        raise RecipeInvalid(f"no JSON document ({error})", str(path)) from error


def _engines(reader: str) -> Engines:
    """Load the one engine that the recipe names."""
    import time

    from core.engines import Engines
    from workers.readers.catalogue import build

    return Engines({reader: build(reader)}, time.perf_counter)


def judged(files: Iterator[str], recipe: Recipe, engines: Engines, limits: ImageLimits) -> Iterator[Row]:
    """Yield a row a photo; one that cannot be opened or is no picture becomes an error row."""
    from datetime import UTC, datetime

    from core import evidence
    from core.image import decode
    from core.inspection import inspect as inspect_frame

    for file in files:
        try:
            frame = decode(Path(file).read_bytes(), limits)
        except OSError as error:
            yield {"file": file, "error": (error.strerror or str(error)).lower()}
        except MarksightError as error:
            yield {"file": file, "error": str(error)}
        else:
            inspection = inspect_frame(frame, recipe, engines, captured_at=datetime.now(tz=UTC))
            yield {"file": file, **evidence.to_document(inspection)}


def in_words(row: Row) -> str:
    """Return what is printed of a row: the verdict, then the reasons, and expected above read where they differ."""
    if "error" in row:
        return f"{row['file']}: {row['error']}"
    lines = [f"{row['verdict'].replace('_', ' '):<10}  {row['score'] / 10_000:.2f}  {row['file']}"]
    lines += [f"            {reason['words']}" for reason in row["reasons"]]
    for field in row["fields"]:
        if not all(column["ok"] for column in field["alignment"]):
            lines += _compared(field["alignment"])
    return "\n".join(lines)


def _compared(alignment: Sequence[dict[str, Any]]) -> list[str]:
    """Return expected, read and marks under what differs, character under character."""
    expected = "".join(column["expected"] or "·" for column in alignment)
    read = "".join(column["read"] or "·" for column in alignment)
    marks = "".join(" " if column["ok"] else "^" for column in alignment)
    return [
        f"            expected  {expected}",
        f"            read      {read}",
        f"                      {marks}".rstrip(),
    ]
