"""`marksight up`: everything, from one command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
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
    from functools import partial

    from dashboard.origins import address
    from workers import child, parts, strays
    from workers.demo import demo_part
    from workers.journal import Journal
    from workers.supervisor import Supervisor

    shown = address(settings.host, port)
    all_parts = parts.parts(settings, port, parts.servers_user(settings))
    if demo:
        all_parts = (*all_parts, demo_part(settings, port))
    journal = Journal(settings.home.absolute(), shown, tuple(part.name for part in all_parts), typer.echo)
    typer.echo(f"Starting Marksight on {settings.home} ...")
    strays.adopt()
    supervisor = Supervisor(all_parts, journal, partial(strays.end, child.is_ours))
    try:
        asyncio.run(_until_asked(supervisor, _welcome(settings, shown)))
    finally:
        journal.close()
    typer.echo("Stopped.")


async def _until_asked(supervisor: Supervisor, welcome: str) -> None:
    import asyncio
    import signal

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, supervisor.ask)
    await supervisor.run(lambda: typer.echo(welcome))


def _welcome(settings: Settings, shown: str) -> str:
    return (
        f"\nMarksight is ready: {shown}\n"
        "  Drop photos of chips on that page, or post one:\n"
        f"  curl -F image=@photo.jpg '{shown}/v1/inspections?wait_ms=5000'\n"
        f"  State and logs: {settings.home.absolute()}   Is all well? marksight doctor   Stop: Ctrl-C\n"
    )
