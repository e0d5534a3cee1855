"""People for tests, and a clock that goes on only when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher

from data.queries import audit
from data.queries.audit import AuditView, Sought
from data.queries.people import UserView
from workers import accounts
from workers.accounts import NewUser
from workers.composition import Services
from workers.passwords import Passwords
from workers.signing_in import SignedIn, Whence, sign_in

PASSWORD = "seven green kites"
OTHER = "eight yellow barges"
HERE = Whence("192.0.2.7", "Firefox on the bench")
ELSEWHERE = Whence("198.51.100.9", "Edge in the office")
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Not for keeping anything: tests that are not about hashing need not wait for it."""


class Clock:
    """Tells the time it was set to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def goes_on(self, **by: float) -> None:
        self.now += timedelta(**by)


def with_cheap_hashes(services: Services) -> Services:
    """Let the services hash passwords fast."""
    services.__dict__["passwords"] = Passwords(CHEAP, nobodys=CHEAP.hash("nobody's"))
    return services


async def somebody(
    services: Services, name: str = "ada", role: str = "engineer", password: str | None = PASSWORD
) -> UserView:
    return await accounts.add(services, NewUser(name, role, password=password))


async def signed_in(services: Services, name: str = "ada", whence: Whence = HERE) -> SignedIn:
    return await sign_in(services, name, PASSWORD, whence)


async def trail(services: Services, relation: str) -> list[AuditView]:
    """Return what the audit trail keeps of a table, the oldest first."""
    async with services.database.session() as session:
        return [*reversed((await audit.page(session, Sought(relation=relation), limit=100)).items)]
