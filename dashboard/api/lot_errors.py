"""The problems of lots and units, beside those in `dashboard.api.errors`."""

from __future__ import annotations

from dashboard.api.problem_kind import ProblemKind

LOT_PROBLEMS: dict[str, ProblemKind] = {
    "lot-disagrees": ProblemKind(
        409,
        "The lot was started with something else",
        "The request names another recipe, station or texts than its lot was started with; nothing was kept.",
        "Leave out what the lot says already, or name the right lot.",
    ),
    "lot-in-use": ProblemKind(
        409,
        "Parts came for the lot",
        "A lot for which a unit, a run or an inspection came stays as it was started; nothing was changed.",
        "Close it, and start another.",
    ),
    "lot-not-found": ProblemKind(
        404, "There is no such lot", "No lot has this code or id.", "Look for it at /v1/lots."
    ),
    "lot-not-open": ProblemKind(
        409, "The lot takes no more parts", "It is closed; nothing was kept.", "Name another lot, or start one."
    ),
    "lot-text-invalid": ProblemKind(
        422,
        "The lot's texts cannot be used",
        "A text is no such code, or the recipe has no place that it fits; `where` says which.",
        "Correct it, or give the recipe a place for it, such as {YYWW} or {lot:X5}.",
    ),
    "unit-in-use": ProblemKind(
        409,
        "The unit was inspected",
        "What was inspected stays for ever; nothing was changed.",
        "Leave it as it is.",
    ),
    "unit-taken": ProblemKind(
        409,
        "There is such a unit",
        "Its lot has a unit of this serial, or one in this place of the carrier; `id` says which.",
        "Use the one that is there.",
    ),
    "unit-not-found": ProblemKind(404, "There is no such unit", "No unit has this id.", "Look for it at /v1/units."),
}
