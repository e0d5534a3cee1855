"""What the database itself holds to: month partitions, published versions and results that never change.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# RFC 9562, section 5.7: 48 bits of milliseconds, version 7, variant 10, and here no randomness: the least of its time.
UUID7_FLOOR = """
CREATE FUNCTION uuid7_floor(moment timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
RETURN (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid
"""

# With its owner's rights, for a role that owns nothing; hence the fixed search path and the bounded argument.
# The lock time-out keeps a long query from holding up every insert behind this function: it is called again tomorrow.
ENSURE_MONTH_PARTITIONS = """
CREATE FUNCTION ensure_month_partitions(first timestamptz, months integer) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '5s'
AS $$
DECLARE
    month timestamp;
    parent text;
    lower_bound uuid;
    upper_bound uuid;
    occupied boolean;
    name text;
    made text[] := '{}';
BEGIN
    IF months NOT BETWEEN 1 AND 36 THEN
        RAISE EXCEPTION 'expected 1 to 36 months, got %', months USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('marksight.partitions', 0));
    FOR ahead IN 0 .. months - 1 LOOP
        month := date_trunc('month', first AT TIME ZONE 'UTC') + make_interval(months => ahead);
        lower_bound := public.uuid7_floor(month AT TIME ZONE 'UTC');
        upper_bound := public.uuid7_floor((month + interval '1 month') AT TIME ZONE 'UTC');
        FOREACH parent IN ARRAY ARRAY['inspections', 'inspection_images', 'results'] LOOP
            name := parent || to_char(month, '"_y"YYYY"m"MM');
            CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL;
            EXECUTE format(
                'SELECT EXISTS (SELECT FROM public.%I WHERE %I >= $1 AND %I < $2)',
                parent || '_default',
                CASE parent WHEN 'inspections' THEN 'id' ELSE 'inspection_id' END,
                CASE parent WHEN 'inspections' THEN 'id' ELSE 'inspection_id' END
            ) INTO occupied USING lower_bound, upper_bound;
            CONTINUE WHEN occupied;
            EXECUTE format(
                'CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
                name, parent, lower_bound, upper_bound
            );
            made := made || name;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$
"""

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION '% of % refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END
$$
"""

TRIGGERS = (
    """
    CREATE TRIGGER recipe_versions_immutable BEFORE UPDATE OR DELETE ON recipe_versions
    FOR EACH ROW WHEN (OLD.state = 'published')
    EXECUTE FUNCTION refuse_change('a published version never changes')
    """,
    """
    CREATE TRIGGER recipe_versions_kept BEFORE TRUNCATE ON recipe_versions
    EXECUTE FUNCTION refuse_change('a published version never changes')
    """,
    """
    CREATE TRIGGER results_append_only BEFORE UPDATE OR DELETE ON results
    FOR EACH ROW EXECUTE FUNCTION refuse_change('a result never changes')
    """,
    """
    CREATE TRIGGER results_kept BEFORE TRUNCATE ON results
    EXECUTE FUNCTION refuse_change('a result never changes')
    """,
)


def upgrade() -> None:
    for statement in (UUID7_FLOOR, ENSURE_MONTH_PARTITIONS, REFUSE_CHANGE, *TRIGGERS):
        op.execute(statement)
    op.execute("REVOKE ALL ON FUNCTION ensure_month_partitions(timestamptz, integer) FROM PUBLIC")


def downgrade() -> None:
    for trigger, table in (
        ("results_kept", "results"),
        ("results_append_only", "results"),
        ("recipe_versions_kept", "recipe_versions"),
        ("recipe_versions_immutable", "recipe_versions"),
    ):
        op.execute(f"DROP TRIGGER {trigger} ON {table}")
    for function in ("refuse_change()", "ensure_month_partitions(timestamptz, integer)", "uuid7_floor(timestamptz)"):
        op.execute(f"DROP FUNCTION {function}")
