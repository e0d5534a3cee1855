"""Failures of signing in, accounts and tokens."""

from __future__ import annotations

from dashboard.api.problem_kind import ProblemKind

PEOPLE_PROBLEMS: dict[str, ProblemKind] = {
    "account-invalid": ProblemKind(
        422,
        "What is said of somebody cannot be so",
        "A name, a role or a preference does not fit; `where` says which.",
        "Correct it.",
    ),
    "account-taken": ProblemKind(
        409, "Somebody is called so already", "Names of people and of tokens are unique.", "Choose another name."
    ),
    "last-admin": ProblemKind(
        409,
        "Nobody else could let people in",
        "There is always an administrator who can sign in.",
        "Make another administrator first.",
    ),
    "link-spent": ProblemKind(
        410,
        "The link leads nowhere",
        "A one-time link works once, and for some days.",
        "Ask an administrator for another.",
    ),
    "not-of-anybody": ProblemKind(
        409,
        "There is nobody whose it could be",
        "The server lets in whoever reaches it, as its one user; passwords, sign-ins and tokens are people's.",
        "Start the server without MARKSIGHT_SINGLE_USER, and sign in.",
    ),
    "password-unfit": ProblemKind(
        422,
        "This cannot be a password",
        "It is too short, or one that many have.",
        "Choose a longer one; a few words in a row are fine.",
    ),
    "person-not-found": ProblemKind(
        404, "There is no such person", "Nobody has this name or id.", "See who there is at /v1/people."
    ),
    "sign-in-not-found": ProblemKind(
        404, "There is no such sign-in", "It is over already, or is not yours.", "See those there are."
    ),
    "sign-in-paused": ProblemKind(
        429,
        "Signing in went wrong too often",
        "From this address nobody can sign in for a while.",
        "Try again after the seconds in Retry-After.",
    ),
    "sign-in-refused": ProblemKind(
        401, "Name and password do not go together", "One of the two is another.", "Try again, or ask an administrator."
    ),
    "token-not-found": ProblemKind(
        404, "There is no such token", "None of those you may see has this id.", "See those there are."
    ),
}
