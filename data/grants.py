"""What the application's role may do: it owns nothing, and what is not listed here it may not.

Applied after every upgrade, in the same transaction, so that the rights in the database are the ones written here. An
entry such as `UPDATE (state)` is a right to that column alone. No right is ever given on a partition itself, only on
the table it belongs to. `TRUNCATE`, `REFERENCES`, `TRIGGER` and all that changes a schema are given to nobody.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from data.errors import MigrationFailed

READ_ONLY = ("SELECT",)
ADD_ONLY = ("SELECT", "INSERT")

GRANTS: dict[str, tuple[str, ...]] = {
    "alembic_version": READ_ONLY,
    "sites": (*ADD_ONLY, "UPDATE", "DELETE"),  # what nothing hangs on: references hold the rest
    "lines": (*ADD_ONLY, "UPDATE", "DELETE"),
    "stations": (*ADD_ONLY, "UPDATE", "DELETE"),
    "watched_folders": (*ADD_ONLY, "UPDATE", "DELETE"),
    "station_triggers": (*ADD_ONLY, "UPDATE (triggers)"),
    "watched_refusals": (*ADD_ONLY, "DELETE"),  # taken in after all
    "lots": (
        *ADD_ONLY,
        "DELETE",
        "UPDATE (state, station_id, recipe_version_id, texts, reason, started_at, closed_at)",
    ),
    "lot_marks": (*ADD_ONLY, "UPDATE (units)"),
    "units": (*ADD_ONLY, "DELETE", "UPDATE (attempts)"),
    "recipes": (*ADD_ONLY, "UPDATE (name)"),
    "recipe_versions": (*ADD_ONLY, "UPDATE", "DELETE"),  # drafts only: a trigger guards what is published
    "images": (*ADD_ONLY, "UPDATE (thumbnail, about)"),
    "runs": (*ADD_ONLY, "UPDATE (state, error_code, error_detail, stored_at, finished_at)"),
    "run_files": (*ADD_ONLY, "UPDATE"),
    "inspections": (*ADD_ONLY, "UPDATE (state, error_code, error_detail, finished_at)"),
    "inspection_images": ADD_ONLY,
    "results": ADD_ONLY,
    "outbox": (*ADD_ONLY, "UPDATE", "DELETE"),
    "idempotency_keys": (*ADD_ONLY, "DELETE"),
    "processes": (*ADD_ONLY, "DELETE", "UPDATE (seen_at, kept, gauges)"),
    "figures": (*ADD_ONLY, "DELETE", "UPDATE (value)"),
    "users": (*ADD_ONLY, "UPDATE (display_name, role, password_hash, active)"),
    "sign_ins": (*ADD_ONLY, "DELETE", "UPDATE (last_seen_at, ended_at)"),
    "tokens": (*ADD_ONLY, "UPDATE (revoked_at, last_used_at)"),
    "invitations": (*ADD_ONLY, "UPDATE (closed_at)"),
    "sign_in_failures": (*ADD_ONLY, "DELETE", "UPDATE (failures, last_at, paused_until)"),
    "preferences": (*ADD_ONLY, "UPDATE (document)"),
}

AUDIT = ("audit.entries", "audit.heads", "audit.followed")
"""What may be read of the audit trail; only the triggers write there, with their owner's rights."""

FUNCTIONS = ("ensure_month_partitions(timestamptz, integer)",)


def apply_grants(connection: Connection, app_role: str) -> None:
    """Give the application's role exactly the rights listed, on the tables that exist.

    Raises:
        MigrationFailed: there is no such role, or it is the one that migrates.
    """
    _check_role(connection, app_role)
    role = connection.dialect.identifier_preparer.quote(app_role)
    catalog = inspect(connection)
    tables = set(catalog.get_table_names())
    statements = [f"GRANT USAGE ON SCHEMA public TO {role}", f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}"]
    for table, rights in GRANTS.items():
        if table in tables:
            present = {column["name"] for column in catalog.get_columns(table)}
            given = [_on_present(right, present) for right in rights]
            statements += [f"GRANT {', '.join(filter(None, given))} ON {table} TO {role}"]
    if catalog.has_schema("audit"):
        statements += [
            f"GRANT USAGE ON SCHEMA audit TO {role}",
            f"REVOKE ALL ON ALL TABLES IN SCHEMA audit FROM {role}",
        ]
        statements += [f"GRANT SELECT ON {table} TO {role}" for table in AUDIT]
    for function in FUNCTIONS:
        if connection.scalar(text("SELECT to_regprocedure(:name) IS NOT NULL"), {"name": function}):
            statements += [f"GRANT EXECUTE ON FUNCTION {function} TO {role}"]
    for statement in statements:
        connection.execute(text(statement))


def _on_present(right: str, present: set[str]) -> str:
    """Return a right with the columns it names cut to those the table has at this revision; empty for none of them."""
    action, _, listed = right.removesuffix(")").partition(" (")
    if not listed:
        return right
    columns = [column for column in listed.split(", ") if column in present]
    return f"{action} ({', '.join(columns)})" if columns else ""


def _check_role(connection: Connection, app_role: str) -> None:
    owner = connection.scalar(text("SELECT current_user"))
    if owner == app_role:
        raise MigrationFailed(
            f"The role {app_role} must not both migrate and serve: set MARKSIGHT_OWNER_URL to another."
        )
    if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": app_role}) is None:
        raise MigrationFailed(
            f"There is no role {app_role}; a database administrator creates it: CREATE ROLE {app_role} LOGIN."
        )
