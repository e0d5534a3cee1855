"""Checks of the database, as both roles see it."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from data import dsn, migrate, urls
from data.errors import DataError
from data.partitions import PARTITIONED, partition_default, stray_count
from data.settings import Settings
from workers import status
from workers.finding import Finding, note, ok, wrong

OLDEST_POSTGRES = 15
CONNECT_S = 10.0
NOT_THERE = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, DataError)


async def check_database(settings: Settings) -> list[Finding]:
    """Can both roles connect, is the schema the right one, and may the application do no more than it should?"""
    if settings.database_url is None and not is_started(settings):
        return [note("database", "the bundled PostgreSQL is not running", "start it with: marksight up")]
    return [*await _as_app(settings), *await _as_owner(settings)]


def is_started(settings: Settings) -> bool:
    """Tell whether `up` runs on this state folder."""
    return status.read(settings.home.absolute()) is not None


async def _as_app(settings: Settings) -> list[Finding]:
    try:
        connection = await connect(urls.app_url(settings))
    except NOT_THERE as error:
        found = f"the application's role cannot connect: {_first_line(error)}"
        return [wrong("database", found, _mend_tls(error, "MARKSIGHT_DATABASE_URL") or _where(settings))]
    try:
        facts = await _facts(connection)
    finally:
        await connection.close()
    return [_version(facts), *_schema(facts), *_rights(facts), _extension(facts)]


async def _as_owner(settings: Settings) -> list[Finding]:
    if settings.database_url is not None and settings.owner_url is None:
        mend = "set MARKSIGHT_OWNER_URL, or have its owner run: marksight migrate"
        return [note("owner", "no URL of the owning role: the schema cannot be migrated from here", mend)]
    try:
        connection = await connect(urls.owner_url(settings))
    except NOT_THERE as error:
        mend = "check MARKSIGHT_OWNER_URL" if settings.owner_url else _where(settings)
        mend = _mend_tls(error, "MARKSIGHT_OWNER_URL") or mend
        return [wrong("owner", f"the owning role cannot connect: {_first_line(error)}", mend)]
    try:
        may = await connection.fetchval("SELECT has_schema_privilege('public', 'CREATE')")
        months = await _months(connection)
    finally:
        await connection.close()
    if not may:
        return [wrong("owner", "the owning role may not make tables", "GRANT CREATE ON SCHEMA public TO it")]
    return [ok("owner", "the owning role connects and may migrate"), *months]


async def _months(connection: asyncpg.Connection) -> list[Finding]:
    """Count what lies in no month's partition; the application's role has no right to look there."""
    if not await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", partition_default(PARTITIONED[0])):
        return []
    strays = {table: await connection.fetchval(stray_count(table)) for table in PARTITIONED}
    if not any(strays.values()):
        return [ok("months", "every row lies in its month")]
    found = ", ".join(f"{count} of {table}" for table, count in strays.items() if count)
    mend = "nothing is lost but speed; see that clocks are right, and that the relay runs every month"
    return [note("months", f"rows that lie in no month's partition: {found}", mend)]


@dataclass(frozen=True)
class Facts:
    """What the application's role sees."""

    version: int
    encoding: str
    superuser: bool
    owned: int
    revision: str | None
    vector: bool
    role: str


async def _facts(connection: asyncpg.Connection) -> Facts:
    has_schema = await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
    return Facts(
        version=await connection.fetchval("SELECT current_setting('server_version_num')::int / 10000"),
        encoding=await connection.fetchval("SHOW server_encoding"),
        superuser=await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"),
        owned=await connection.fetchval(
            "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
        ),
        revision=await connection.fetchval("SELECT version_num FROM alembic_version") if has_schema else None,
        vector=await connection.fetchval("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector')"),
        role=await connection.fetchval("SELECT current_user::text"),
    )


def _version(facts: Facts) -> Finding:
    if facts.version < OLDEST_POSTGRES:
        return wrong("database", f"PostgreSQL {facts.version}", f"use PostgreSQL {OLDEST_POSTGRES} or newer")
    if facts.encoding != "UTF8":
        return wrong("database", f"its encoding is {facts.encoding}", "make the database anew: ENCODING 'UTF8'")
    return ok("database", f"PostgreSQL {facts.version}, connected as {facts.role}")


def _schema(facts: Facts) -> list[Finding]:
    head = migrate.head()
    if facts.revision == head:
        return [ok("schema", f"at revision {head}")]
    return [wrong("schema", f"at revision {facts.revision or 'none'}, this program needs {head}", "marksight migrate")]


def _rights(facts: Facts) -> list[Finding]:
    findings = []
    if facts.superuser:
        mend = f"ALTER ROLE {facts.role} NOSUPERUSER; rights are given by: marksight migrate"
        findings.append(wrong("rights", f"the application's role {facts.role} is a superuser", mend))
    if facts.owned:
        mend = f"REASSIGN OWNED BY {facts.role} TO the owning role, and name that in MARKSIGHT_OWNER_URL"
        findings.append(wrong("rights", f"the application's role {facts.role} owns {facts.owned} relations", mend))
    return findings or [ok("rights", f"{facts.role} owns nothing")]


def _extension(facts: Facts) -> Finding:
    if not facts.vector:
        return note("pgvector", "the extension vector is not there", "as a superuser, once: CREATE EXTENSION vector")
    return ok("pgvector", "the extension vector is there")


async def connect(url: str) -> asyncpg.Connection:
    """Connect once, without a pool."""
    async with asyncio.timeout(CONNECT_S):
        return await dsn.connect(url)


def _mend_tls(error: BaseException, name: str) -> str | None:
    """Return what to do where TLS is what keeps us from connecting by the URL of a setting; None for other reasons."""
    if isinstance(error, ssl.SSLCertVerificationError) or "root certificate file" in str(error):
        return (
            f"let sslrootcert in {name} name the certificate of the CA that signed the server's; that must still be "
            "valid, and for sslmode=verify-full made out to the host in the URL"
        )
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError) and "no encryption" in str(error):
        return f"the server lets nobody in unencrypted; put sslmode=verify-full and sslrootcert in {name}"
    if "rejected SSL upgrade" in str(error):
        return f"the server speaks no TLS; have it set up there, or take sslmode out of {name}"
    return None


def _where(settings: Settings) -> str:
    if settings.database_url is not None:
        return "check MARKSIGHT_DATABASE_URL, and that the server takes connections from here"
    return f"see {Path(settings.home, 'logs', 'postgres.log')}"


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
