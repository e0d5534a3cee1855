"""The kinds of failure of sites, lines and stations: rows of `dashboard.api.errors.PROBLEMS`."""

from __future__ import annotations

from dashboard.api.problem_kind import ProblemKind

PLANT_PROBLEMS: dict[str, ProblemKind] = {
    "changed-meanwhile": ProblemKind(
        412,
        "Somebody else has changed this",
        "It is not any more what the tag in If-Match was given for; nothing was changed.",
        "Read it again and make your change anew, or leave If-Match out to write over it.",
    ),
    "place-ambiguous": ProblemKind(
        409,
        "More than one line is called so",
        "A line's name is unique within its site only.",
        "Name the line by its id, which /v1/lines says.",
    ),
    "place-in-use": ProblemKind(
        409,
        "Something hangs on it",
        "A site with lines, a line with stations and a station with lots, pictures, triggers or a folder stays; `by` "
        "counts what hangs on it, each up to 1,000.",
        "Move or delete what hangs on it; what was inspected at a station keeps it for ever. It can be renamed.",
    ),
    "place-invalid": ProblemKind(
        422,
        "It cannot be called so",
        "The name or the time zone breaks the rule that the detail says; `where` says which.",
        "Correct it.",
    ),
    "place-not-found": ProblemKind(
        404,
        "There is no such site, line or station",
        "None has this id or name.",
        "Look for it at /v1/sites, /v1/lines or /v1/stations.",
    ),
    "place-taken": ProblemKind(
        409,
        "There is one of this name",
        "Names of sites and of stations are unique in the whole plant, names of lines in their site; `id` says which.",
        "Choose another name, or use the one that is there.",
    ),
}
