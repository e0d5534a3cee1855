"""What is traced of a batch: who waited how long, each inspection with its stages, and the writing of its verdict.

1. An inspection goes on with the trace of the request that it came by, whatever batch it lies in; its span is linked to
   the batch, and the batch to every request it holds something of. Of one request alone, the batch is in its trace.
2. What came by no request that was traced, such as the files of a run, is traced beneath its batch.
3. Stages are laid end to end before the end of judging, as long as their engines said they took.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from data.concerning import concerned
from data.queries.queue import Task
from data.repositories.outbox import Claim
from workers.judging import Judged
from workers.tracing import UNTRACED, Span, Told, Tracing

NS = 1_000_000_000
MOST_LINKS = 64


class BatchTrace:
    """The trace of one batch; where nobody traces, it does nothing."""

    def __init__(self, tracing: Tracing) -> None:
        self._tracing = tracing
        self._began_ns = tracing.now_ns()
        self._batch: Span = UNTRACED
        self._open: dict[UUID, str] = {}

    def now_ns(self) -> int:
        """Return the time; 0 where nobody is told."""
        return self._tracing.now_ns()

    def batch(self, claims: Sequence[Claim]) -> Span:
        """Return the span of a batch; what it holds has waited until now."""
        if not self._tracing.on or not claims:
            return UNTRACED
        requests = sorted({claim.trace_parent for claim in claims if claim.trace_parent is not None})
        alone = requests[0] if len(requests) == 1 and all(claim.trace_parent for claim in claims) else None
        told: Told = {"marksight.inspections": len(claims), **_ids()}
        for claim in claims:
            self._waited(claim)
        links = [] if alone else requests[:MOST_LINKS]
        self._batch = self._tracing.span(
            "batch", told, parent=alone, root=True, kind="consumer", links=links, began_ns=self._began_ns
        )
        return self._batch

    def _waited(self, claim: Claim) -> None:
        if claim.since is not None:
            since_ns = int(claim.since.timestamp() * NS)
            told: Told = {"marksight.inspection_id": str(claim.inspection_id), "marksight.attempt": claim.attempts}
            parent = claim.trace_parent
            self._tracing.over("queue wait", told, parent=parent, began_ns=since_ns, ended_ns=self._began_ns)

    def inspection(self, claim: Claim, task: Task) -> Span:
        """Return the span of an inspection."""
        if not self._tracing.on:
            return UNTRACED
        links = [self._batch.parent] if claim.trace_parent and self._batch.parent else []
        told: Told = {
            "marksight.inspection_id": str(task.inspection_id),
            "marksight.attempt": claim.attempts,
            "marksight.pictures": len(task.pictures),
            **_ids(),
        }
        span = self._tracing.span("inspection", told, parent=claim.trace_parent, links=links)
        if span.parent is not None:
            self._open[claim.inspection_id] = span.parent
        return span

    def judged(self, judged: Judged, span: Span) -> None:
        """Tell of the stages of what was just judged."""
        if not self._tracing.on:
            return
        span.note({"marksight.verdict": judged.inspection.verdict})
        at_ns = self.now_ns() - int(sum(seconds for _, seconds in judged.inspection.seconds) * NS)
        for stage, seconds in judged.inspection.seconds:
            end_ns = at_ns + int(seconds * NS)
            self._tracing.over(f"stage {stage}", {}, parent=span.parent, began_ns=at_ns, ended_ns=end_ns)
            at_ns = end_ns

    def written(self, ready: Sequence[Judged], standing: Collection[UUID], began_ns: int) -> None:
        """Tell of verdicts that were written together, each in the trace of its inspection."""
        if not self._tracing.on:
            return
        ended_ns = self.now_ns()
        for judged in ready:
            id_ = judged.task.inspection_id
            told: Told = {
                "marksight.inspection_id": str(id_),
                "marksight.together": len(ready),
                "marksight.kept": "yes" if id_ in standing else "no",
            }
            parent = self._open.pop(id_, None)
            self._tracing.over("verdict write", told, parent=parent, began_ns=began_ns, ended_ns=ended_ns)


def _ids() -> dict[str, str]:
    return {f"marksight.{name}": value for name, value in concerned().items()}
