"""The kinds of failure of watched folders, triggers and the spool: rows of `dashboard.api.errors.PROBLEMS`."""

from __future__ import annotations

from dashboard.api.problem_kind import ProblemKind

WATCHED_PROBLEMS: dict[str, ProblemKind] = {
    "folder-not-watched": ProblemKind(
        404,
        "The station has no watched folder",
        "No folder is named for it.",
        "Name one: PUT /v1/stations/{station}/folder.",
    ),
    "folder-unfit": ProblemKind(
        422,
        "The folder cannot be watched",
        "It is not absolute, does not exist here, or lies where no watched folder may; nothing was changed.",
        "Choose a folder of its own; name one that is on another machine with `elsewhere`.",
    ),
    "inspection-spooled": ProblemKind(
        503,
        "The inspection is not written yet",
        "Its picture came in while the database was away and is kept; it is inspected as soon as it can be.",
        "Ask again after the seconds in Retry-After.",
    ),
    "naming-invalid": ProblemKind(
        422,
        "The naming rule cannot be used",
        "It is no rule for the names of files; the detail says what was expected.",
        "Correct it, such as {lot}_{serial}; without one, file names say nothing.",
    ),
    "spool-full": ProblemKind(
        503,
        "The database is away, and no more pictures can wait for it",
        "As many wait as MARKSIGHT_SPOOL_MAX_ITEMS and MARKSIGHT_SPOOL_MAX_BYTES allow; this one was not kept.",
        "Send it again after the seconds in Retry-After, under the same Idempotency-Key.",
    ),
}
