"""The problem of the audit trail, beside those in `dashboard.api.errors`."""

from __future__ import annotations

from dashboard.api.problem_kind import ProblemKind

AUDIT_PROBLEMS: dict[str, ProblemKind] = {
    "row-unknown": ProblemKind(
        404,
        "The trail knows of no such row then",
        "The row was not there at that moment, or nothing is known of it.",
        "Ask /v1/audit with its `table` and `row_id` for all that is known of it.",
    ),
}
