"""The jobs that RQ runs: ids in, a use case called, nothing kept. What goes wrong is the outbox's affair."""

from __future__ import annotations

from uuid import UUID

from workers.worker_process import current


def inspect(batch_id: str) -> None:
    """Inspect a batch. Told twice of the same one, the second time there is nothing left to claim."""
    current().inspect(UUID(batch_id))


def open_files() -> None:
    """Open stored files for a while. Told too often, there is nothing left to claim."""
    current().open()


def inspect_urgent() -> None:
    """Inspect what somebody waits for. Told too often, there is nothing left to claim."""
    current().inspect_urgent()
