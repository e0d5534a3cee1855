"""What can go wrong around the running processes, and who is not let in, as one tree.

MarksightError
├── AccessRefused            somebody does not come in
│   ├── SignInRefused        name and password do not go together
│   ├── SignInPaused         it went wrong too often; it makes sense to try again later
│   └── LinkSpent            a one-time link that was used, is too old or never was
└── ServiceError             a process, a folder or a socket is not as it must be
    ├── HomeUnusable         the state folder cannot be used
    ├── ProgramMissing       a bundled program is not there or cannot run here
    ├── ClusterMismatch      the database was made by another major version of PostgreSQL
    ├── AlreadyRunning       another `up` holds the state folder
    ├── PortTaken            somebody listens on the page server's port
    ├── ChildFailed          a process ended, or was not ready in time
    └── SpoolFull            the database is away, and no more can be kept for it

Every message says what was found and what to do.
"""

from __future__ import annotations

from core.errors import MarksightError


class AccessRefused(MarksightError):
    """Somebody does not come in; the message does not say whether there is such a person."""


class SignInRefused(AccessRefused):
    """Name and password do not go together, whatever it is that is wrong."""


class SignInPaused(AccessRefused):
    """Signing in went wrong too often; it makes sense to try again in `retry_s`."""

    def __init__(self, retry_s: int) -> None:
        super().__init__(f"Signing in went wrong too often; try again in {retry_s} seconds.")
        self.retry_s = retry_s


class LinkSpent(AccessRefused):
    """A one-time link that was used, is too old or never was."""


class ServiceError(MarksightError):
    """A process, a folder or a socket is not as it must be."""


class HomeUnusable(ServiceError):
    """The state folder cannot be used."""


class ProgramMissing(ServiceError):
    """A bundled program is not there or cannot run here."""


class ClusterMismatch(ServiceError):
    """The database was made by another major version of PostgreSQL."""


class AlreadyRunning(ServiceError):
    """Another `up` holds the state folder."""


class PortTaken(ServiceError):
    """Somebody listens on the page server's port."""


class ChildFailed(ServiceError):
    """A process ended, or was not ready in time."""


class SpoolFull(ServiceError):
    """The database is away, and as much waits for it as may; it makes sense to come back in `retry_s`."""

    def __init__(self, detail: str, retry_s: int) -> None:
        super().__init__(detail)
        self.retry_s = retry_s
