"""`marksight serve`: the pages and the API, or the API alone."""

from __future__ import annotations

from typing import Annotated

import typer


def serve(
    *,
    api_only: Annotated[
        bool, typer.Option("--api-only", help="Serve the API without pages, for intake on machines of its own.")
    ] = False,
) -> None:
    """Serve the pages and the API on MARKSIGHT_HOST and MARKSIGHT_PORT until it is asked to stop.

    The database, Redis and the store are those of the settings. `marksight up` starts this by itself.
    """
    from data.settings import settings
    from workers import logs

    logs.set_up(settings(), "server")
    from dashboard.server import serve as run  # after logging is set up: Bokeh would do it its way

    run(settings(), api_only=api_only, say=typer.echo)
