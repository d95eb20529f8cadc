-- Who signs in to the dashboard. Secrets are 256 random bits; only their SHA-256 is here.

CREATE TABLE users (
    tenant_id text NOT NULL REFERENCES tenants,
    user_id text NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, user_id),
    UNIQUE (tenant_id, name)
);

CREATE TABLE sign_in_tokens (
    token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
CREATE INDEX sign_in_tokens_expiry ON sign_in_tokens (tenant_id, expires_at);

CREATE TABLE web_sessions (
    session_sha256 bytea PRIMARY KEY CHECK (octet_length(session_sha256) = 32),
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    expires_at timestamptz NOT NULL,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users
);
CREATE INDEX web_sessions_expiry ON web_sessions (tenant_id, expires_at);

CREATE TABLE saved_views (
    tenant_id text NOT NULL,
    project_id text NOT NULL,
    view_id text NOT NULL,
    name text NOT NULL,
    query text NOT NULL,
    created_at_ms bigint NOT NULL,
    PRIMARY KEY (tenant_id, project_id, view_id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES projects
);

DO $$
DECLARE
    protected text;
BEGIN
    FOREACH protected IN ARRAY ARRAY['users', 'sign_in_tokens', 'web_sessions', 'saved_views'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', protected);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', protected);
        EXECUTE format(
            'CREATE POLICY tenant ON %I USING (tenant_id = NULLIF(current_setting(''app.tenant'', true), '''')) '
            'WITH CHECK (tenant_id = NULLIF(current_setting(''app.tenant'', true), ''''))',
            protected
        );
    END LOOP;
END
$$;

-- A secret comes before its tenant is known: whoever names its digest sees its row, and no other.
CREATE POLICY secret_lookup ON sign_in_tokens FOR SELECT
    USING (token_sha256 = decode(NULLIF(current_setting('app.web_secret', true), ''), 'hex'));
CREATE POLICY secret_lookup ON web_sessions FOR SELECT
    USING (session_sha256 = decode(NULLIF(current_setting('app.web_secret', true), ''), 'hex'));
