"""Runs: begin, list, show, complete, cancel, retry; their files, their results, and their progress as it happens."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from dashboard.api.depends import WithRunFeed, WithServices, WithUser
from dashboard.api.errors import ApiProblem, documented
from dashboard.api.head import is_head
from dashboard.api.intake import check_key
from dashboard.api.moment import Moment
from dashboard.api.paging import Paged
from dashboard.api.references import references
from dashboard.api.run_csv import table
from dashboard.api.run_events import event_id, events
from dashboard.api.run_fields import Label, RunFields
from dashboard.api.run_schemas import RunFilePage, RunFileView, RunPage, RunView
from dashboard.api.upload import Word
from dashboard.api.uploads import Key
from data.queries import runs
from data.queries.runs import RunFilter
from data.tables import FileState, RunState
from workers import runs as use_cases
from workers.composition import Services
from workers.receiving import Sender, begin, complete

EVENT_STREAM = "text/event-stream"

router = APIRouter(prefix="/v1/runs", tags=["runs"])

_MISSING = documented("run-not-found")
_MADE: dict[int | str, dict[str, Any]] = {
    201: {"headers": {"Location": {"schema": {"type": "string"}, "description": "Where the run is."}}}
}
_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `run`, each with the run as JSON, until it has ended.",
        "content": {
            EVENT_STREAM: {
                "schema": {
                    "type": "object",
                    "description": "One event; `data` is the run (`RunView`).",
                    "properties": {
                        "id": {"type": "string"},
                        "event": {"const": "run"},
                        "data": {"type": "string", "contentMediaType": "application/json"},
                    },
                    "required": ["id", "event", "data"],
                }
            }
        },
    },
    204: {"description": "The run has ended and `Last-Event-ID` names how it did: nothing will follow."},
}


class Wanted(Paged):
    """Which runs to list; what is left out lets all through."""

    state: RunState | None = None
    station: Word | None = None
    lot: Word | None = None
    label: Annotated[Label | None, Query(description="Anywhere in the run's label, in any case.")] = None
    since: Annotated[Moment | None, Query(description="Not before this time, with its zone.")] = None
    until: Annotated[Moment | None, Query(description="Before this time, with its zone.")] = None


class WantedFiles(Paged):
    """Which files of a run to list."""

    state: FileState | None = None


@router.post(
    "",
    operation_id="createRun",
    summary="Begin a run to which files are sent one by one",
    status_code=201,
    responses={
        **_MADE,
        **documented(
            "idempotency-key-invalid", "idempotency-key-reused", "lot-disagrees", "lot-not-open", "origin-refused",
            "recipe-ambiguous", "recipe-not-published", "recipe-unknown", "reference-unknown",
        ),
    },
)  # fmt: skip
async def create_run(
    services: WithServices, user: WithUser, response: Response, fields: RunFields | None = None, key: Key = None
) -> RunView:
    """Begin a run; send its files as resumable uploads with its id as the metadata `run`, then complete it."""
    check_key(key)
    with references():
        run_id = await begin(services, (fields or RunFields()).particulars(), Sender(user.name, key))
    view = await _view(services, run_id)
    response.headers["Location"] = view.url
    return view


@router.get("", operation_id="listRuns", summary="List runs, the newest first", responses=documented("cursor-invalid"))
async def list_runs(services: WithServices, wanted: Annotated[Wanted, Query()]) -> RunPage:
    """List runs in an order that new ones do not shift; `next_cursor` leads on."""
    chosen = RunFilter(**wanted.model_dump(exclude={"cursor", "limit"}))
    async with services.database.session() as session:
        page = await runs.summaries(session, chosen, cursor=wanted.cursor, limit=wanted.limit)
    return RunPage.of(page, RunView.of)


@router.get("/{run_id}", operation_id="getRun", summary="Show a run and how far it has come", responses=_MISSING)
async def get_run(services: WithServices, run_id: UUID) -> RunView:
    """Show a run: its state, and how many of its files and inspections stand where."""
    return await _view(services, run_id)


@router.get(
    "/{run_id}/files",
    operation_id="listRunFiles",
    summary="List the files of a run",
    responses=documented("run-not-found", "cursor-invalid"),
)
async def list_files(services: WithServices, run_id: UUID, wanted: Annotated[WantedFiles, Query()]) -> RunFilePage:
    """List a run's files and the members of its archives, as they came; a refused one says why."""
    async with services.database.session() as session:
        page = await runs.files(session, run_id, state=wanted.state, cursor=wanted.cursor, limit=wanted.limit)
    return RunFilePage.of(page, RunFileView.of)


@router.post(
    "/{run_id}/complete",
    operation_id="completeRun",
    summary="Say that all files of a run were sent",
    responses=documented("run-not-found", "upload-incomplete", "upload-ended", "origin-refused"),
)
async def complete_run(services: WithServices, run_id: UUID) -> RunView:
    """Let the run take no more files, and have what it has inspected. Said again, it changes nothing."""
    await complete(services, run_id)
    return await _view(services, run_id)


@router.post(
    "/{run_id}/cancel",
    operation_id="cancelRun",
    summary="Cancel a run",
    responses=documented("run-not-found", "run-ended", "origin-refused"),
)
async def cancel_run(services: WithServices, run_id: UUID) -> RunView:
    """End a run, whether it waits or runs: what is judged stays, what is not will not be. Said again, it stays so."""
    cancelled = await use_cases.cancel(services, run_id)
    view = await _view(services, run_id)
    if not cancelled and view.state != "cancelled":
        raise ApiProblem("run-ended", f"The run is {view.state} already.", state=view.state)
    return view


@router.post(
    "/{run_id}/retry",
    operation_id="retryRun",
    summary="Try the failed inspections of a run again",
    responses=documented("run-not-found", "run-nothing-failed", "origin-refused"),
)
async def retry_run(services: WithServices, run_id: UUID) -> RunView:
    """Let the inspections of a run that failed without a verdict wait anew."""
    if not await use_cases.retry(services, run_id):
        raise ApiProblem("run-nothing-failed", "No inspection of the run has failed without a verdict.")
    return await _view(services, run_id)


@router.get(
    "/{run_id}/results.csv",
    operation_id="getRunResults",
    summary="Fetch the results of a run as a table",
    response_class=Response,
    responses={**_CSV, **_MISSING},
)
async def get_results(services: WithServices, run_id: UUID) -> Response:
    """Fetch what became of every inspection of a run, a row each, then of its files that made none."""
    await _view(services, run_id)
    name = f'attachment; filename="run-{run_id}.csv"'
    headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
    rows = runs.result_rows(services.database.session, run_id)
    return StreamingResponse(table(rows), 200, headers, "text/csv; charset=utf-8")


@router.get(
    "/{run_id}/events",
    operation_id="followRun",
    summary="Follow a run as it moves",
    response_class=Response,
    responses={**_EVENTS, **_MISSING},
)
async def follow_run(
    request: Request,
    services: WithServices,
    feed: WithRunFeed,
    run_id: UUID,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> Response:
    """Follow a run as server-sent events: the run now, and whenever it has moved, until it has ended."""
    view = await _view(services, run_id)
    if view.has_ended and last_event_id == event_id(view):
        return Response(status_code=204)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if is_head(request.scope):
        return Response(headers=headers, media_type=EVENT_STREAM)
    return StreamingResponse(events(feed.follow(run_id), last_event_id), 200, headers, EVENT_STREAM)


async def _view(services: Services, run_id: UUID) -> RunView:
    async with services.database.session() as session:
        return RunView.of(await runs.summary(session, run_id))
