"""The audit trail: who changed what, kept by the database itself, in chains of hashes.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.migrations.versions.m0002_rules import ENSURE_MONTH_PARTITIONS

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    "CREATE SCHEMA audit",
    "CREATE SEQUENCE audit.ids",
    """
    CREATE TABLE audit.heads (
        relation text NOT NULL,
        lane smallint NOT NULL,
        position bigint NOT NULL DEFAULT 0,
        hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
        PRIMARY KEY (relation, lane)
    ) WITH (fillfactor = 20)
    """,
    """
    CREATE TABLE audit.followed (
        relation text PRIMARY KEY,
        row_id text NOT NULL,
        silent text NOT NULL,
        columns text[] NOT NULL,
        digested text[] NOT NULL
    )
    """,
    # `json`, not `jsonb`: the hash is of the very bytes that are kept.
    """
    CREATE TABLE audit.entries (
        id bigint NOT NULL,
        relation text NOT NULL,
        lane smallint NOT NULL,
        position bigint NOT NULL,
        operation text NOT NULL,
        row_id uuid,
        actor text NOT NULL,
        request_id text,
        at timestamptz NOT NULL,
        before json,
        after json,
        hash bytea NOT NULL
    ) PARTITION BY LIST (relation)
    """,
    "CREATE INDEX ix_entries_id ON audit.entries (id)",
    "CREATE INDEX ix_entries_row_id ON audit.entries (row_id, id)",
    """
    CREATE TRIGGER entries_append_only BEFORE UPDATE OR DELETE ON audit.entries
    FOR EACH ROW EXECUTE FUNCTION refuse_change('the audit trail never changes')
    """,
    """
    CREATE TRIGGER entries_kept BEFORE TRUNCATE ON audit.entries
    EXECUTE FUNCTION refuse_change('the audit trail never changes')
    """,
)

# The same as `core.audit_chain`: fields with their lengths in bytes before them, so that no two rows have one content.
HASHING = (
    """
    CREATE FUNCTION audit.field(value text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(octet_length(convert_to(value, 'UTF8')) || ':' || value, '-') || ','
    """,
    """
    CREATE FUNCTION audit.linked(before bytea, content text) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN sha256(before || sha256(convert_to(content, 'UTF8')))
    """,
)

ACTOR = """
CREATE FUNCTION audit.actor(relation text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    said text := current_setting('marksight.actor', true);
BEGIN
    IF coalesce(said, '') = '' THEN
        RAISE EXCEPTION 'a write to % without an actor is refused: marksight.actor is not set', relation
        USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN said;
END
$$
"""

# Each table has 16 chains beside each other, so that writers need not wait for one another's commits. The lock is held
# until the transaction ends, so that whoever is next on the lane sees the head that it left.
TAKE = """
CREATE FUNCTION audit.take(of_relation text) RETURNS smallint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    kind integer := hashtext('audit.' || of_relation);
    busy integer := pg_backend_pid() % 16;
BEGIN
    FOR place IN 0 .. 15 LOOP
        IF pg_try_advisory_xact_lock(kind, place) THEN
            RETURN place;
        END IF;
    END LOOP;
    PERFORM pg_advisory_xact_lock(kind, busy);
    RETURN busy;
END
$$
"""

# What keeps the rows of one statement: the body of every trigger function, written out for each table so that each is
# planned once a connection. `source` gives `row_id`, `before` and `after`. A loop over plain variables, not one great
# statement: most statements write a single row, and with it a window and a `WITH` that writes cost more than the rest.
KEEPING = """
CREATE FUNCTION audit.keeping(relation text, operation text, source text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN format(
$body$
DECLARE
    who text;
    request text := nullif(current_setting('marksight.request_id', true), '');
    moment timestamptz;
    taken smallint;
    reached bigint;
    last_hash bytea;
    each_row record;
    each_id bigint;
    chain_fields text;
    write_fields text;
BEGIN
    FOR each_row IN %3$s LOOP
        IF who IS NULL THEN
            who := audit.actor(%1$L);
            taken := audit.take(%1$L);
            SELECT position, hash INTO STRICT reached, last_hash FROM audit.heads
            WHERE heads.relation = %1$L AND heads.lane = taken;
            moment := clock_timestamp();
            chain_fields := audit.field(%1$L) || audit.field(taken::text);
            write_fields := audit.field(who) || audit.field(request)
                || audit.field((extract(epoch FROM moment) * 1000000)::bigint::text);
        END IF;
        each_id := nextval('audit.ids');
        reached := reached + 1;
        last_hash := audit.linked(
            last_hash,
            chain_fields || audit.field(reached::text) || audit.field(each_id::text) || audit.field(%2$L)
            || audit.field(each_row.row_id::text) || write_fields
            || audit.field(each_row.before::text) || audit.field(each_row.after::text)
        );
        INSERT INTO audit.%1$I
            (id, relation, lane, position, operation, row_id, actor, request_id, at, before, after, hash)
        VALUES (
            each_id, %1$L, taken, reached, %2$L, each_row.row_id, who, request, moment,
            each_row.before, each_row.after, last_hash
        );
    END LOOP;
    IF who IS NOT NULL THEN
        UPDATE audit.heads SET position = reached, hash = last_hash WHERE heads.relation = %1$L AND heads.lane = taken;
    END IF;
$body$, relation, operation, source)
"""

# The one helper. Called again after a column was added, it keeps that one too.
FOLLOW = """
CREATE FUNCTION audit.follow(
    relation text, row_id text, digested text[] DEFAULT '{}', silent text DEFAULT 'false'
) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    followed regclass := ('public.' || quote_ident(relation))::regclass;
    listed text[];
    columns text;
    same text;
    old_row text;
    new_row text;
    sources jsonb;
    operation text;
    leaf regclass;
BEGIN
    SELECT
        array_agg(attname ORDER BY attnum),
        string_agg(
            CASE WHEN attname = ANY (digested)
            THEN format(
                'encode(sha256(convert_to(each.%I::text, ''UTF8'')), ''hex'') AS %I', attname, attname || '_sha256'
            )
            ELSE format('each.%I', attname) END,
            ', ' ORDER BY attnum
        )
    INTO listed, columns
    FROM pg_attribute WHERE attrelid = followed AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    SELECT string_agg(format('o.%1$I = n.%1$I', attname), ' AND ') INTO same
    FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
    WHERE indrelid = followed AND indisprimary;

    old_row := format('(SELECT row_to_json(r) FROM (SELECT %s) AS r)', replace(columns, 'each.', 'o.'));
    new_row := format('(SELECT row_to_json(r) FROM (SELECT %s) AS r)', replace(columns, 'each.', 'n.'));
    sources := jsonb_build_object(
        'insert', format(
            'SELECT n.%I AS row_id, NULL::json AS before, %s AS after FROM new_rows AS n', row_id, new_row
        ),
        'update', format(
            'SELECT coalesce(n.%1$I, o.%1$I) AS row_id, CASE WHEN o.%1$I IS NOT NULL THEN %2$s END AS before,'
            || ' CASE WHEN n.%1$I IS NOT NULL THEN %3$s END AS after'
            || ' FROM old_rows AS o FULL JOIN new_rows AS n ON %4$s WHERE (%5$s) IS NOT TRUE',
            row_id, old_row, new_row, same, silent
        ),
        'delete', format(
            'SELECT o.%I AS row_id, %s AS before, NULL::json AS after FROM old_rows AS o', row_id, old_row
        ),
        'truncate', 'SELECT NULL::uuid AS row_id, NULL::json AS before, NULL::json AS after'
    );
    FOR operation IN SELECT jsonb_object_keys(sources) LOOP
        EXECUTE format(
            'CREATE OR REPLACE FUNCTION audit.%I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER'
            || ' SET search_path = pg_catalog, pg_temp SET timezone = ''UTC'' SET bytea_output = ''hex'''
            || ' SET extra_float_digits = 1 AS %L',
            relation || '_' || operation,
            audit.keeping(relation, operation, sources->>operation) || ' RETURN NULL; END'
        );
        EXECUTE format('REVOKE ALL ON FUNCTION audit.%I() FROM PUBLIC', relation || '_' || operation);
    END LOOP;

    IF to_regclass(format('audit.%I', relation)) IS NULL THEN
        EXECUTE format('CREATE TABLE audit.%I PARTITION OF audit.entries FOR VALUES IN (%L)', relation, relation);
        EXECUTE format(
            'CREATE TRIGGER entries_kept BEFORE TRUNCATE ON audit.%I'
            || ' EXECUTE FUNCTION public.refuse_change(''the audit trail never changes'')',
            relation
        );
        INSERT INTO audit.heads (relation, lane) SELECT follow.relation, place FROM generate_series(0, 15) AS place;
        FOR leaf IN SELECT relid FROM pg_partition_tree(followed) UNION SELECT followed LOOP
            PERFORM audit.listen(leaf, relation);
        END LOOP;
        EXECUTE format(
            'DO %L',
            audit.keeping(
                relation, 'found',
                format(
                    'SELECT n.%I AS row_id, NULL::json AS before, %s AS after FROM %s AS n', row_id, new_row, followed
                )
            ) || ' END'
        );
    END IF;
    INSERT INTO audit.followed VALUES (relation, row_id, silent, listed, digested)
    ON CONFLICT ON CONSTRAINT followed_pkey DO UPDATE
    SET silent = excluded.silent, columns = excluded.columns, digested = excluded.digested;
END
$$
"""

# Triggers of a statement listen to the table that it names: a partition needs its own for what goes past its table.
LISTEN = """
CREATE FUNCTION audit.listen(place regclass, relation text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    operation text;
    rows text;
BEGIN
    FOR operation, rows IN VALUES
        ('insert', 'REFERENCING NEW TABLE AS new_rows'),
        ('update', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
        ('delete', 'REFERENCING OLD TABLE AS old_rows'),
        ('truncate', '')
    LOOP
        EXECUTE format(
            'CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION audit.%I()',
            'audit_' || operation, operation, place, rows, relation || '_' || operation
        );
    END LOOP;
END
$$
"""

# What the queue does by itself is no decision: on its way to a verdict an inspection moves without an entry.
_ON_ITS_WAY = """
n.state NOT IN ('failed', 'cancelled') AND o.state NOT IN ('done', 'failed', 'cancelled')
AND (o.id, o.unit_id, o.attempt, o.lot_id, o.station_id, o.recipe_version_id, o.priority, o.captured_at, o.file_name,
     o.run_id, o.run_file_id, o.trigger_number, coalesce(o.lot_texts, 'null'), o.lot_on_hold)
    IS NOT DISTINCT FROM
    (n.id, n.unit_id, n.attempt, n.lot_id, n.station_id, n.recipe_version_id, n.priority, n.captured_at, n.file_name,
     n.run_id, n.run_file_id, n.trigger_number, coalesce(n.lot_texts, 'null'), n.lot_on_hold)
"""

FOLLOWED = {
    "sites": ("id", "{}", "false"),
    "lines": ("id", "{}", "false"),
    "stations": ("id", "{}", "false"),
    "watched_folders": ("station_id", "{}", "false"),
    "recipes": ("id", "{}", "false"),
    "recipe_versions": ("id", "{}", "false"),
    "lots": ("id", "{}", "false"),
    "inspections": ("id", "{}", _ON_ITS_WAY),
    "results": ("inspection_id", "{evidence,seconds}", "false"),
}
"""By table: the column that names its rows, the columns kept as their digests, the changes that are not kept."""

FUNCTIONS = (
    "audit.follow(text, text, text[], text)",
    "audit.listen(regclass, text)",
    "audit.keeping(text, text, text)",
    "audit.take(text)",
    "audit.actor(text)",
)

MONTHS = ENSURE_MONTH_PARTITIONS.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
MONTHS_AND_TRIGGERS = MONTHS.replace(
    "made := made || name;",
    """
            IF EXISTS (SELECT FROM audit.followed WHERE relation = parent) THEN
                PERFORM audit.listen(format('public.%I', name)::regclass, parent);
            END IF;
            made := made || name;
    """,
)


def upgrade() -> None:
    for statement in (*TABLES, *HASHING, ACTOR, TAKE, KEEPING, LISTEN, FOLLOW, MONTHS_AND_TRIGGERS):
        op.execute(statement)
    for function in FUNCTIONS:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    for table, (row_id, digested, silent) in FOLLOWED.items():
        follow = sa.text("SELECT audit.follow(:table, :row_id, CAST(:digested AS text[]), :silent)")
        op.execute(follow.bindparams(table=table, row_id=row_id, digested=digested, silent=silent))


def downgrade() -> None:
    op.execute(MONTHS)
    op.execute("DROP SCHEMA audit CASCADE")
