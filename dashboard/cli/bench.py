"""`marksight bench`: figures that can be measured again, beside those of the peers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from workers.bench.report import Advance, Report

PHOTOS = Path(__file__).resolve().parents[2].parent / "shared" / "realchips"


def bench(
    names: Annotated[list[str] | None, typer.Argument(help="What to measure; all when nothing is named.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    markdown: Annotated[Path | None, typer.Option(help="Also put the tables into this Markdown page.")] = None,
    photos: Annotated[Path, typer.Option(help="Folder of labelled photos (labels.csv).")] = PHOTOS,
    limit: Annotated[int | None, typer.Option(min=1, help="Take about so many photos, spread evenly.")] = None,
    reader: Annotated[list[str] | None, typer.Option(help="Only this reader; may be given again.")] = None,
) -> None:
    """Measure accuracy and time, with progress on the error stream. A full run takes some minutes."""
    from workers.bench.report import BenchUnable, Options, merged

    options = Options(photos=photos, limit=limit, readers=tuple(reader or ()))
    reports = []
    for subject in _subjects(names or []):
        try:
            with _progress() as advance:
                reports.append(_run(subject, options, advance))
        except BenchUnable as error:
            raise typer.BadParameter(str(error)) from error
    if as_json:
        typer.echo(json.dumps([report.document() for report in reports], ensure_ascii=False, indent=2))
    else:
        for report in reports:
            _show(report)
    if markdown is not None:
        page = markdown.read_text(encoding="utf-8") if markdown.exists() else ""
        markdown.write_text(merged(page, reports), encoding="utf-8")


def _subjects(names: list[str]) -> list[str]:
    from workers.bench import SUBJECTS

    unknown = [name for name in names if name not in SUBJECTS]
    if unknown:
        raise typer.BadParameter(f"no bench named {', '.join(unknown)}; there are: {', '.join(SUBJECTS)}")
    return names or list(SUBJECTS)


def _run(subject: str, options: object, advance: Advance) -> Report:
    from importlib import import_module

    from workers.bench import SUBJECTS

    report: Report = import_module(SUBJECTS[subject]).run(options, advance)
    return report


@contextmanager
def _progress() -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Starting", total=None)

        def advance(done: int, total: int, words: str) -> None:
            bar.update(task, completed=done, total=total, description=words)

        yield advance


def _show(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"{report.title}: {report.machine}, {report.measured_at}")
    for index, (name, _) in enumerate(report.columns):
        table.add_column(name, justify="left" if index < 2 else "right", overflow="fold")
    for row in report.cells():
        table.add_row(*row)
    console = Console()
    console.print(table)
    for remark in report.remarks:
        console.print(remark, highlight=False)
