-- Times of events are bigint milliseconds, as SDKs send them; times of arrival are timestamptz.

CREATE TABLE tenants (
    tenant_id text PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE projects (
    tenant_id text NOT NULL REFERENCES tenants,
    project_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, project_id)
);

CREATE TABLE api_keys (
    key_id text PRIMARY KEY,
    tenant_id text NOT NULL,
    project_id text NOT NULL,
    scope text NOT NULL CHECK (scope IN ('ingest', 'read', 'admin', 'llm')),
    secret_sha256 bytea NOT NULL CHECK (octet_length(secret_sha256) = 32),
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects
);

-- No foreign key: the keys may move to a database of their own, with a shorter backup life.
CREATE TABLE tenant_keys (
    tenant_id text NOT NULL,
    key_epoch integer NOT NULL,
    wrapped_key bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, key_epoch)
);

CREATE TABLE sessions (
    tenant_id text NOT NULL,
    project_id text NOT NULL,
    session_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'closed')),
    revision integer NOT NULL CHECK (revision >= 0),
    started_at_ms bigint,
    ended_at_ms bigint,
    -- What sessions are listed by: one without events is below every other.
    started_order bigint NOT NULL GENERATED ALWAYS AS (coalesce(started_at_ms, -1)) STORED,
    duration_order bigint NOT NULL GENERATED ALWAYS AS (coalesce(ended_at_ms - started_at_ms, -1)) STORED,
    first_arrival timestamptz NOT NULL,
    opened_at timestamptz NOT NULL,
    last_arrival timestamptz NOT NULL,
    windows integer NOT NULL,
    events bigint NOT NULL,
    errors integer NOT NULL,
    frustration_score double precision NOT NULL,
    frustration_parts jsonb NOT NULL,
    signal_counts jsonb NOT NULL,
    pages jsonb NOT NULL,
    masked jsonb NOT NULL,
    -- JSON as it stood in the envelope: jsonb would refuse \u0000 and numbers over 10^131072.
    visitor text NOT NULL,
    sdk text NOT NULL,
    wrapped_key bytea NOT NULL,
    sampling_probability double precision NOT NULL,
    sampling_reason text NOT NULL,
    close_reason text,
    closed_at timestamptz,
    analysis text CHECK (analysis IN ('due', 'started')),
    workflow_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, project_id, session_id)
) WITH (fillfactor = 70);

-- One per sort of the listing. The columns are plain because row-level security keeps any condition on an
-- expression (coalesce is none that PostgreSQL calls leakproof) out of an index scan.
CREATE INDEX sessions_started_at ON sessions (tenant_id, project_id, started_order, session_id);
CREATE INDEX sessions_duration ON sessions (tenant_id, project_id, duration_order, session_id);
CREATE INDEX sessions_frustration_score
    ON sessions (tenant_id, project_id, frustration_score, session_id);
CREATE INDEX sessions_open ON sessions (tenant_id) WHERE state = 'open';
CREATE INDEX sessions_due ON sessions (tenant_id) WHERE analysis = 'due';

CREATE TABLE segments (
    tenant_id text NOT NULL,
    project_id text NOT NULL,
    session_id text NOT NULL,
    window_id text NOT NULL,
    segment_id integer NOT NULL,
    content_hash bytea NOT NULL,
    events integer NOT NULL,
    min_timestamp_ms bigint,
    max_timestamp_ms bigint,
    is_final boolean NOT NULL,
    received_at timestamptz NOT NULL,
    stream_id text NOT NULL,
    object_key text NOT NULL,
    block_offset bigint NOT NULL,
    block_length bigint NOT NULL,
    frame_offset bigint NOT NULL,
    frame_length bigint NOT NULL,
    has_full_snapshot boolean,
    PRIMARY KEY (tenant_id, project_id, session_id, window_id, segment_id)
);

-- Partitioned by the month in which the session arrived first: a recording may be years old.
CREATE TABLE signals (
    tenant_id text NOT NULL,
    project_id text NOT NULL,
    session_id text NOT NULL,
    first_arrival timestamptz NOT NULL,
    position integer NOT NULL,
    signal_id text NOT NULL,
    kind text NOT NULL,
    at_ms bigint NOT NULL,
    reason text NOT NULL,
    evidence jsonb NOT NULL,
    PRIMARY KEY (tenant_id, project_id, session_id, first_arrival, position)
) PARTITION BY RANGE (first_arrival);

CREATE TABLE events (
    tenant_id text NOT NULL,
    project_id text NOT NULL,
    session_id text NOT NULL,
    first_arrival timestamptz NOT NULL,
    window_id text NOT NULL,
    segment_id integer NOT NULL,
    event_index integer NOT NULL,
    at_ms bigint NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (tenant_id, project_id, session_id, first_arrival, window_id, segment_id, event_index)
) PARTITION BY RANGE (first_arrival);

CREATE TABLE insights (
    tenant_id text NOT NULL,
    project_id text NOT NULL,
    insight_id text NOT NULL,
    session_id text NOT NULL,
    revision integer NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    summary text NOT NULL,
    findings jsonb NOT NULL,
    rejected jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, project_id, insight_id)
);
CREATE INDEX insights_session ON insights (tenant_id, project_id, session_id);

CREATE TABLE usage (
    tenant_id text NOT NULL,
    project_id text NOT NULL,
    usage_id text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    session_id text NOT NULL,
    task text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    outcome text NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    latency_ms bigint NOT NULL,
    PRIMARY KEY (tenant_id, project_id, usage_id, recorded_at)
) PARTITION BY RANGE (recorded_at);

-- A partitioned table can be unique only within a month; this makes a usage id unique over all of them.
CREATE TABLE usage_ids (
    tenant_id text NOT NULL,
    usage_id text NOT NULL,
    PRIMARY KEY (tenant_id, usage_id)
);

CREATE TABLE ledger (
    tenant_id text NOT NULL,
    project_id text NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    segments bigint NOT NULL,
    PRIMARY KEY (tenant_id, project_id, outcome, reason)
) WITH (fillfactor = 50);

-- Operational, of no tenant: which drains of ingest's counts are in the ledger, and how far each shard is.
CREATE TABLE ledger_drains (
    drain_id text PRIMARY KEY,
    drained_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE stream_offsets (
    generation text NOT NULL,
    shard integer NOT NULL,
    last_id text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (generation, shard)
);

-- What comes in a month without a partition must not fail.
CREATE TABLE signals_default PARTITION OF signals DEFAULT;
CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE TABLE usage_default PARTITION OF usage DEFAULT;

-- Partitions inherit neither row-level security nor policies: each gets its own.
DO $$
DECLARE
    protected text;
BEGIN
    FOREACH protected IN ARRAY ARRAY[
        'projects', 'api_keys', 'tenant_keys', 'sessions', 'segments', 'signals', 'signals_default',
        'events', 'events_default', 'insights', 'usage', 'usage_default', 'usage_ids', 'ledger'
    ] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', protected);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', protected);
        -- After a SET LOCAL ends, the setting is an empty string, not NULL.
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (tenant_id = NULLIF(current_setting(''app.tenant'', true), '''')) '
            'WITH CHECK (tenant_id = NULLIF(current_setting(''app.tenant'', true), ''''))',
            protected
        );
    END LOOP;
END
$$;

-- A key is looked up before its tenant is known: whoever names its id sees its row, and no other.
CREATE POLICY key_lookup ON api_keys FOR SELECT
    USING (key_id = NULLIF(current_setting('app.key_id', true), ''));

-- Ids of tenants are listed by sweeps over all of them; a tenant is made in its own name only.
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY listed ON tenants FOR SELECT USING (true);
CREATE POLICY tenant ON tenants FOR INSERT
    WITH CHECK (tenant_id = NULLIF(current_setting('app.tenant', true), ''));
