"""What `marksight bench` can measure: one subject a module, each with a `run(options, advance) -> Report`."""

from __future__ import annotations

SUBJECTS: dict[str, str] = {
    "reading": "workers.bench.reading",
    "judging": "workers.bench.judging",
    "intake": "workers.bench.intake",
    "audit": "workers.bench.audit",
}
"""Name on the command line -> module."""
