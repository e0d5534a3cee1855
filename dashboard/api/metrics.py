"""What machines ask to watch this one: all metrics, in Prometheus' text form. Which there are: `workers.metrics`.

Who may ask is said where it is said of every route (`dashboard.api.permits`).
"""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy.exc import SQLAlchemyError

from dashboard.api.depends import WithServices
from dashboard.api.errors import documented
from data.outage import AWAY
from workers.exposition import exposition

router = APIRouter(tags=["system"])

EXAMPLE = """# HELP marksight_verdicts_total Verdicts by kind and station.
# TYPE marksight_verdicts_total counter
marksight_verdicts_total{line="Line 1",site="Site 1",station="Station 1",verdict="pass"} 1520.0
"""


@router.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Show metrics for Prometheus",
    response_class=Response,
    responses=documented() | {200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": EXAMPLE}}}},
)
async def metrics(request: Request, services: WithServices) -> Response:
    """Show how everything stands, and what was counted by all processes together, in Prometheus' text form.

    Every server shows the same: ask one, or take the maximum over them; never add them up. While the database or Redis
    is away, what it would tell is left out, and `marksight_source_up` says so.
    """
    with suppress(SQLAlchemyError, *AWAY):  # what it adds later is not lost
        await request.app.state.figures.keep()
    return Response(
        await exposition(services), media_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"}
    )
