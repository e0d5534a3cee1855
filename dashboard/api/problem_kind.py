"""What is told of a kind of failure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ProblemKind:
    """One kind of failure: its HTTP status, what it is called, what it means, and what to do about it."""

    status: int
    title: str
    meaning: str
    remedy: str
