"""`marksight up`: everything, from one command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from data.settings import Settings
    from workers.supervisor import Supervisor


def up(
    *,
    demo: Annotated[bool, typer.Option("--demo", help="Post the bundled samples too, one by one, for ever.")] = False,
) -> None:
    """Run everything: database, queue, relay, workers and page server, until Ctrl-C.

    What MARKSIGHT_DATABASE_URL and MARKSIGHT_REDIS_URL name is used instead of the bundled servers. All state lies in
    MARKSIGHT_HOME. A part that crashes is started again; Ctrl-C twice ends everything at once.
    """
    from data.settings import settings
    from workers.claim import claimed, free_port
    from workers.embedded import home
    from workers.parts import servers_user

    chosen = settings()
    user = servers_user(chosen)
    folder = chosen.home.absolute()
    home.make(folder, user)
    with claimed(folder):
        port = free_port(chosen.host, chosen.port)
        home.prepare(folder, user)
        _run(chosen, port, demo=demo)


def _run(settings: Settings, port: int, *, demo: bool) -> None:
    import asyncio
    import sys
    from functools import partial

    from dashboard.origins import address
    from workers import child, logs, parts, strays
    from workers.demo import demo_part
    from workers.journal import Journal
    from workers.supervisor import Supervisor

    shown = address(settings.host, port)
    all_parts = parts.parts(settings, port, parts.servers_user(settings))
    if demo:
        all_parts = (*all_parts, demo_part(settings, port))
    as_json = logs.set_up(settings, "up", stream=sys.stdout)
    say = logs.log.info if as_json else typer.echo
    names = tuple(part.name for part in all_parts)
    journal = Journal(settings.home.absolute(), shown, names, typer.echo, as_json=as_json)
    say(f"Starting Marksight on {settings.home} ...")
    strays.adopt()
    supervisor = Supervisor(all_parts, journal, partial(strays.end, child.is_ours))
    welcome = partial(_welcome, settings, shown, told_secrets=not as_json)
    try:
        asyncio.run(_until_asked(supervisor, say, welcome))
    finally:
        journal.close()
    say("Stopped.")


async def _until_asked(
    supervisor: Supervisor, say: Callable[[str], None], welcome: Callable[[], Awaitable[str]]
) -> None:
    import asyncio
    import signal

    welcoming: list[asyncio.Task[None]] = []

    async def greet() -> None:
        say(await welcome())

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, supervisor.ask)
    await supervisor.run(lambda: welcoming.append(asyncio.create_task(greet())))


async def _welcome(settings: Settings, shown: str, *, told_secrets: bool) -> str:
    token = "" if settings.single_user else "-H 'Authorization: Bearer TOKEN' "
    return (
        f"\nMarksight is ready: {shown}\n"
        f"{await _who_comes_in(settings, shown, told_secrets=told_secrets)}"
        "  Drop photos of chips on that page, or post one:\n"
        f"  curl {token}-F image=@photo.jpg '{shown}/v1/inspections?wait_ms=5000'\n"
        f"  State and logs: {settings.home.absolute()}   Is all well? marksight doctor   Stop: Ctrl-C\n"
    )


async def _who_comes_in(settings: Settings, shown: str, *, told_secrets: bool) -> str:
    """Return how the first admin comes in; where nobody looks on, no secret is told."""
    from core.errors import MarksightError
    from data.outage import AWAY
    from workers.composition import compose
    from workers.first_admin import ensure_first_admin
    from workers.invitations import Link

    if settings.single_user:
        return "  No sign-in: whoever reaches it on this machine is let in (MARKSIGHT_SINGLE_USER).\n"
    services = compose(settings)
    try:
        first = await ensure_first_admin(services)
    except (MarksightError, *AWAY) as error:
        return f"  There is no administrator yet, and none could be made: {error}\n"
    finally:
        await services.close()
    if not isinstance(first, Link):
        return "  A machine needs a token: marksight token add NAME --role machine\n"
    if not told_secrets:
        return "  There is no administrator yet: marksight user add NAME --role admin\n"
    link = f"{shown}/welcome/{first.secret}"
    return f"  You are its first administrator; choose a name and a password here, once:\n  {link}\n"
