"""`marksight audit`: verify the audit trail, anchor it now, and show what became of one row."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar
from uuid import UUID

import typer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from workers.composition import Services
    from workers.proof import Proof

T = TypeVar("T")

FAULT_CODE = 1
WALK_S = 24 * 3600.0
"""How long the database may take for one answer: tables of many millions of rows are compared as a whole."""

audit = typer.Typer(
    help="Verify the audit trail, anchor it, and show what became of a row.",
    no_args_is_help=True,
)


@audit.command()
def verify(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with every fault.")] = False,
    anchors: Annotated[
        Path | None,
        typer.Option(help="Compare with the anchors in this folder, or the one in this file, and no others."),
    ] = None,
) -> None:
    """Walk every chain of the audit trail, and compare it with its tables and its anchors.

    Names the first bad entry of each chain. Exit code 0 when all is as it was written, 1 when a fault is found, 4 when
    it cannot be verified. It may run while others write.
    """
    from dashboard.cli.audit_report import as_document, as_lines
    from workers.proof import prove

    with _progress() as tell:
        proof: Proof = _with_services(lambda services: prove(services, path=anchors, tell=tell, answer_s=WALK_S))
    if as_json:
        import json

        typer.echo(json.dumps(as_document(proof), indent=2))
    else:
        for line in as_lines(proof):
            typer.echo(line)
    if not proof.holds:
        raise typer.Exit(FAULT_CODE)


@audit.command()
def anchor(
    *,
    go_on: Annotated[
        bool,
        typer.Option("--go-on", help="Go on though the anchors there are of another database, or some are gone."),
    ] = False,
) -> None:
    """Keep an anchor now, where MARKSIGHT_AUDIT_ANCHOR_URL says, and tell its webhooks; the relay does it by itself."""
    from workers.anchoring import anchor as keep
    from workers.anchoring import tell_webhooks

    async def kept(services: Services) -> str:
        made = await keep(services, go_on=go_on)
        await tell_webhooks(services)
        if made is None:
            return "nothing is new since the last anchor; none was written"
        entries = sum(position for position, _ in made.heads.values())
        return f"{made.title} is kept: {entries:,} entries in {len(made.heads)} chains"

    typer.echo(_with_services(kept))


@audit.command()
def show(
    row_id: Annotated[UUID, typer.Argument(help="Id of an inspection, a lot, a recipe, a station, ...")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print every entry whole, one JSON object a line.")] = False,
) -> None:
    """Show what became of one row: who did what, when, and what changed."""
    from dashboard.cli.audit_report import entry_document, entry_lines
    from data.errors import NotFound
    from data.queries import audit as trail
    from data.queries.audit import AuditView

    async def found(services: Services) -> tuple[AuditView, ...]:
        async with services.database.session() as session:
            return await trail.history(session, row_id)

    views = _with_services(found)
    if not views:
        raise NotFound("entry of the audit trail for", row_id)
    for view in views:
        for line in [entry_document(view)] if as_json else entry_lines(view):
            typer.echo(line)


def _with_services(work: Callable[[Services], Awaitable[T]]) -> T:
    import asyncio

    from data.settings import settings
    from workers.composition import compose

    async def worked() -> T:
        services = compose(settings())
        try:
            return await work(services)
        finally:
            await services.close()

    return asyncio.run(worked())


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show how many entries of how many were walked, where somebody looks on."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    console = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Walking the audit trail", total=None)
        yield lambda seen, total: bar.update(task, completed=seen, total=max(seen, total))
