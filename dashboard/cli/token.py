"""`marksight token`: make the tokens by which machines come in, and revoke them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.composed import with_services
from dashboard.cli.listing import moment, table

if TYPE_CHECKING:
    from data.queries.people import TokenView
    from workers.composition import Services
    from workers.tokens import MadeToken

DAYS = 365

token = typer.Typer(help="Make the tokens by which machines come in, and revoke them.", no_args_is_help=True)


@token.command()
def add(
    name: Annotated[str, typer.Argument(help="What the token is called: the machine that holds it.")],
    *,
    role: Annotated[
        str | None, typer.Option("--role", help="machine, viewer, reviewer, engineer or manager; or name a --user.")
    ] = None,
    user: Annotated[str | None, typer.Option("--user", help="Whose token it is: it may what they may.")] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="An action it may do, such as inspection.submit; again for more. None: all."),
    ] = None,
    days: Annotated[int, typer.Option("--days", min=0, help="For how many days it is good; 0: for ever.")] = DAYS,
) -> None:
    """Make a token and print it, this once: it is kept by its digest alone."""
    from datetime import timedelta

    from workers import tokens
    from workers.tokens import NewToken

    async def added(services: Services) -> MadeToken:
        expires_at = services.clock() + timedelta(days=days) if days else None
        return await tokens.add(services, NewToken(name, role, user, tuple(scope or ()), expires_at))

    made = with_services(added)
    typer.echo(made.secret)
    typer.echo(f"{made.token.name}: {_until(made.token)}. Keep it; it is not shown again.", err=True)


@token.command("list")
def list_(
    *, revoked: Annotated[bool, typer.Option("--revoked", help="List those that were revoked, too.")] = False
) -> None:
    """List tokens: what they are for, until when, and when each was used last."""
    from data.queries import people

    async def every(services: Services) -> list[TokenView]:
        found: list[TokenView] = []
        cursor = None
        async with services.database.session() as session:
            while True:
                page = await people.tokens(session, cursor=cursor, limit=500)
                found += [each for each in page.items if revoked or each.revoked_at is None]
                cursor = page.next_cursor
                if cursor is None:
                    return found

    head = ("name", "begins", "of", "may", "", "used")
    for line in table(head, [_row(each) for each in with_services(every)]):
        typer.echo(line)


@token.command()
def revoke(name: Annotated[str, typer.Argument(help="The token's name, or its id.")]) -> None:
    """Let a token be good for nothing, at once and for ever."""
    from workers import tokens

    typer.echo(f"{with_services(lambda services: tokens.revoke(services, name)).name} is revoked")


def _row(view: TokenView) -> tuple[str, ...]:
    used = moment(view.last_used_at) if view.last_used_at else "never"
    return view.name, view.prefix, view.user or str(view.role), ", ".join(view.scopes) or "all", _until(view), used


def _until(view: TokenView) -> str:
    if view.revoked_at is not None:
        return f"revoked {moment(view.revoked_at)}"
    return f"good until {moment(view.expires_at)}" if view.expires_at else "good for ever"
