-- Rows from before keep NULL: of them it is not known. A column that is added to a partitioned table is added
-- to its partitions, an index too.

ALTER TABLE sessions
    ADD COLUMN device text,
    ADD COLUMN browser text,
    ADD COLUMN os text,
    ADD COLUMN country text,
    ADD COLUMN release text,
    ADD COLUMN environment text,
    ADD COLUMN timeline jsonb NOT NULL DEFAULT '[]',
    -- From ``visitor``, where it can be searched.
    ADD COLUMN anonymous_id text,
    ADD COLUMN identified_id text,
    ADD COLUMN traits jsonb NOT NULL DEFAULT '{}';

ALTER TABLE signals
    ADD COLUMN page text,
    -- The page without query and fragment: what its signals are counted by.
    ADD COLUMN page_group text,
    ADD COLUMN element text,
    ADD COLUMN x double precision,
    ADD COLUMN y double precision,
    ADD COLUMN viewport_width double precision;

ALTER TABLE events
    ADD COLUMN fingerprint text,
    ADD COLUMN error_name text,
    ADD COLUMN message text;

-- Every index here is one that a query of the API uses, measured with 100,000 sessions. Row-level security keeps
-- conditions that are not leakproof (jsonb's, strpos) out of index scans; plain columns compared are not.

-- In place of the listing's own: facets and figures are added up from the index alone. Its widest entry is
-- below the 2,704 bytes that a B-tree takes (the rules cut names at 64 characters, releases at 200).
DROP INDEX sessions_started_at;
CREATE INDEX sessions_started_at ON sessions (tenant_id, project_id, started_order, session_id)
    INCLUDE (frustration_score, signal_counts, device, browser, os, country, release, environment);
CREATE INDEX sessions_anonymous_id ON sessions (tenant_id, project_id, anonymous_id)
    WHERE anonymous_id IS NOT NULL;
CREATE INDEX sessions_identified_id ON sessions (tenant_id, project_id, identified_id)
    WHERE identified_id IS NOT NULL;
CREATE INDEX signals_at_ms ON signals (tenant_id, project_id, at_ms);
CREATE INDEX signals_rage_clicks ON signals (tenant_id, project_id, page_group) WHERE kind = 'rage_click';
CREATE INDEX events_errors ON events (tenant_id, project_id, at_ms, fingerprint, session_id)
    WHERE fingerprint IS NOT NULL;
