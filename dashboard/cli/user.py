"""`marksight user`: let people in, change what they may, and let them go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.cli.asking import password as ask
from dashboard.cli.composed import with_services
from dashboard.cli.listing import moment, table

if TYPE_CHECKING:
    from data.queries.people import UserView
    from workers.composition import Services
    from workers.invitations import Link

user = typer.Typer(help="Let people in, change what they may, and let them go.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The name somebody signs in by.")]
RoleName = Annotated[str, typer.Option("--role", help="viewer, reviewer, engineer, manager or admin.")]
WithLink = Annotated[
    bool, typer.Option("--link", help="Ask for no password; print a one-time link by which they set it themselves.")
]


@user.command()
def add(
    name: Name,
    *,
    role: RoleName,
    display_name: Annotated[str, typer.Option("--display-name", help="The name that is shown.")] = "",
    link: WithLink = False,
) -> None:
    """Let somebody in, with a password asked for on the terminal, or read from what is piped in."""
    from workers import accounts, invitations
    from workers.accounts import NewUser

    async def added(services: Services) -> tuple[UserView, Link | None]:
        password = None if link else ask("Password")
        view = await accounts.add(services, NewUser(name, role, display_name, password))
        return view, await invitations.invite(services, view.name) if link else None

    view, made = with_services(added)
    typer.echo(f"{view.name} may sign in as {view.role}", err=made is not None)
    if made is not None:
        _print(made)


@user.command("list")
def list_() -> None:
    """List everybody: name, role, and whether they can sign in."""
    from data.queries import people

    async def everybody(services: Services) -> list[UserView]:
        found: list[UserView] = []
        cursor = None
        async with services.database.session() as session:
            while True:
                page = await people.users(session, cursor=cursor, limit=500)
                found += page.items
                cursor = page.next_cursor
                if cursor is None:
                    return found

    rows = [(each.name, each.display_name, str(each.role), _state(each)) for each in with_services(everybody)]
    for line in table(("name", "shown as", "role", ""), sorted(rows)):
        typer.echo(line)


@user.command()
def role(
    name: Name, role: Annotated[str, typer.Argument(help="viewer, reviewer, engineer, manager or admin.")]
) -> None:
    """Give somebody another role; what they have open follows it."""
    from workers import accounts

    view = with_services(lambda services: accounts.change_role(services, name, role))
    typer.echo(f"{view.name} has the role {view.role}")


@user.command()
def password(name: Name, *, link: WithLink = False) -> None:
    """Give somebody another password, asked for on the terminal or read from what is piped in; they are signed out."""
    from workers import accounts, invitations

    if link:
        _print(with_services(lambda services: invitations.invite(services, name)))
        return
    view = with_services(lambda services: accounts.set_password(services, name, ask("Password")))
    typer.echo(f"{view.name} has another password, and is signed out everywhere")


@user.command()
def disable(name: Name) -> None:
    """Let somebody come in no more; they are signed out, and their tokens are good for nothing meanwhile."""
    from workers import accounts

    typer.echo(f"{with_services(lambda services: accounts.disable(services, name)).name} comes in no more")


@user.command()
def enable(name: Name) -> None:
    """Let somebody come in again."""
    from workers import accounts

    typer.echo(f"{with_services(lambda services: accounts.enable(services, name)).name} may come in again")


@user.command("sign-out")
def sign_out(name: Name) -> None:
    """End everything somebody is signed in with, wherever that is."""
    from data.queries import people
    from workers.signing_in import sign_out_everywhere

    async def ended(services: Services) -> int:
        async with services.database.session() as session:
            found = await people.user(session, name)
        return await sign_out_everywhere(services, found.id)

    typer.echo(f"{with_services(ended)} sign-ins have ended")


def _state(view: UserView) -> str:
    if not view.active:
        return "disabled"
    return "" if view.has_password else "has no password yet"


def _print(link: Link) -> None:
    """Print where a link leads, alone, and beside it what it is."""
    typer.echo(f"/welcome/{link.secret}")
    typer.echo(f"Open this on the server's address; it works once, until {moment(link.expires_at)}.", err=True)
