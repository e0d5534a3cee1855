"""`marksight demo`: something moving, for `up --demo`."""

from __future__ import annotations

import typer


def demo() -> None:
    """Post the bundled samples to the page server, one every two seconds, until Ctrl-C."""
    from dashboard.origins import address
    from data.settings import settings
    from workers.demo import run

    chosen = settings()
    run(address(chosen.host, chosen.port), typer.echo)
