"""`marksight serve`: the pages and the API, or the API alone."""

from __future__ import annotations

from typing import Annotated

import typer

CHATTY = ("alembic", "bokeh", "panel", "tornado.access", "uvicorn")
"""Loggers that tell of every request, session and plugin; of these only what went wrong is logged."""


def serve(
    *,
    api_only: Annotated[
        bool, typer.Option("--api-only", help="Serve the API without pages, for intake on machines of its own.")
    ] = False,
) -> None:
    """Serve the pages and the API on MARKSIGHT_HOST and MARKSIGHT_PORT until it is asked to stop.

    The database, Redis and the store are those of the settings. `marksight up` starts this by itself.
    """
    import logging

    from data.settings import settings

    logging.basicConfig(level=settings().log_level, format="%(message)s")
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    from dashboard.server import serve as run  # after logging is set up: Bokeh would do it its way

    run(settings(), api_only=api_only, say=typer.echo)
