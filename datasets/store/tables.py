"""The tables as queries see them; what makes them is in ``migrations``, and a test holds the two together."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    FetchedValue,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

_TIME = DateTime(timezone=True)
METADATA = MetaData()


def _session_columns() -> tuple[Column[str], Column[str], Column[str]]:
    return (
        Column("tenant_id", Text, primary_key=True),
        Column("project_id", Text, primary_key=True),
        Column("session_id", Text, primary_key=True),
    )


TENANTS = Table("tenants", METADATA, Column("tenant_id", Text, primary_key=True), Column("created_at", _TIME))
PROJECTS = Table(
    "projects",
    METADATA,
    Column("tenant_id", Text, primary_key=True),
    Column("project_id", Text, primary_key=True),
    Column("created_at", _TIME),
)
API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("key_id", Text, primary_key=True),
    Column("tenant_id", Text),
    Column("project_id", Text),
    Column("scope", Text),
    Column("secret_sha256", LargeBinary),
    Column("created_at", _TIME),
    Column("revoked_at", _TIME),
)
TENANT_KEYS = Table(
    "tenant_keys",
    METADATA,
    Column("tenant_id", Text, primary_key=True),
    Column("key_epoch", Integer, primary_key=True),
    Column("wrapped_key", LargeBinary),
    Column("created_at", _TIME),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    *_session_columns(),
    Column("state", Text),
    Column("revision", Integer),
    Column("started_at_ms", BigInteger),
    Column("ended_at_ms", BigInteger),
    Column("started_order", BigInteger, FetchedValue()),
    Column("duration_order", BigInteger, FetchedValue()),
    Column("first_arrival", _TIME),
    Column("opened_at", _TIME),
    Column("last_arrival", _TIME),
    Column("windows", Integer),
    Column("events", BigInteger),
    Column("errors", Integer),
    Column("frustration_score", Double),
    Column("frustration_parts", JSONB),
    Column("signal_counts", JSONB),
    Column("pages", JSONB),
    Column("masked", JSONB),
    Column("visitor", Text),
    Column("sdk", Text),
    Column("wrapped_key", LargeBinary),
    Column("sampling_probability", Double),
    Column("sampling_reason", Text),
    Column("close_reason", Text),
    Column("closed_at", _TIME),
    Column("analysis", Text),
    Column("workflow_id", Text),
    Column("created_at", _TIME),
    Column("updated_at", _TIME, onupdate=func.now()),
    Column("device", Text),
    Column("browser", Text),
    Column("os", Text),
    Column("country", Text),
    Column("release", Text),
    Column("environment", Text),
    Column("timeline", JSONB),
    Column("anonymous_id", Text),
    Column("identified_id", Text),
    Column("traits", JSONB),
)
SEGMENTS = Table(
    "segments",
    METADATA,
    *_session_columns(),
    Column("window_id", Text, primary_key=True),
    Column("segment_id", Integer, primary_key=True, autoincrement=False),
    Column("content_hash", LargeBinary),
    Column("events", Integer),
    Column("min_timestamp_ms", BigInteger),
    Column("max_timestamp_ms", BigInteger),
    Column("is_final", Boolean),
    Column("received_at", _TIME),
    Column("stream_id", Text),
    Column("object_key", Text),
    Column("block_offset", BigInteger),
    Column("block_length", BigInteger),
    Column("frame_offset", BigInteger),
    Column("frame_length", BigInteger),
    Column("has_full_snapshot", Boolean),
)
SIGNALS = Table(
    "signals",
    METADATA,
    *_session_columns(),
    Column("first_arrival", _TIME, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("signal_id", Text),
    Column("kind", Text),
    Column("at_ms", BigInteger),
    Column("reason", Text),
    Column("evidence", JSONB),
    Column("page", Text),
    Column("page_group", Text),
    Column("element", Text),
    Column("x", Double),
    Column("y", Double),
    Column("viewport_width", Double),
)
EVENTS = Table(
    "events",
    METADATA,
    *_session_columns(),
    Column("first_arrival", _TIME, primary_key=True),
    Column("window_id", Text, primary_key=True),
    Column("segment_id", Integer, primary_key=True, autoincrement=False),
    Column("event_index", Integer, primary_key=True, autoincrement=False),
    Column("at_ms", BigInteger),
    Column("kind", Text),
    Column("name", Text),
    Column("fingerprint", Text),
    Column("error_name", Text),
    Column("message", Text),
)
INSIGHTS = Table(
    "insights",
    METADATA,
    Column("tenant_id", Text, primary_key=True),
    Column("project_id", Text, primary_key=True),
    Column("insight_id", Text, primary_key=True),
    Column("session_id", Text),
    Column("revision", Integer),
    Column("provider", Text),
    Column("model", Text),
    Column("summary", Text),
    Column("findings", JSONB),
    Column("rejected", JSONB),
    Column("created_at", _TIME),
)
USAGE = Table(
    "usage",
    METADATA,
    Column("tenant_id", Text, primary_key=True),
    Column("project_id", Text, primary_key=True),
    Column("usage_id", Text, primary_key=True),
    Column("recorded_at", _TIME, primary_key=True, server_default=func.now()),
    Column("session_id", Text),
    Column("task", Text),
    Column("provider", Text),
    Column("model", Text),
    Column("outcome", Text),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("latency_ms", BigInteger),
)
USAGE_IDS = Table(
    "usage_ids",
    METADATA,
    Column("tenant_id", Text, primary_key=True),
    Column("usage_id", Text, primary_key=True),
)
LEDGER = Table(
    "ledger",
    METADATA,
    Column("tenant_id", Text, primary_key=True),
    Column("project_id", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("segments", BigInteger),
)
LEDGER_DRAINS = Table(
    "ledger_drains", METADATA, Column("drain_id", Text, primary_key=True), Column("drained_at", _TIME)
)
STREAM_OFFSETS = Table(
    "stream_offsets",
    METADATA,
    Column("generation", Text, primary_key=True),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("last_id", Text),
    Column("updated_at", _TIME),
)
USERS = Table(
    "users",
    METADATA,
    Column("tenant_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("name", Text),
    Column("created_at", _TIME),
)
SIGN_IN_TOKENS = Table(
    "sign_in_tokens",
    METADATA,
    Column("token_sha256", LargeBinary, primary_key=True),
    Column("tenant_id", Text),
    Column("user_id", Text),
    Column("expires_at", _TIME),
)
WEB_SESSIONS = Table(
    "web_sessions",
    METADATA,
    Column("session_sha256", LargeBinary, primary_key=True),
    Column("tenant_id", Text),
    Column("user_id", Text),
    Column("expires_at", _TIME),
)
SAVED_VIEWS = Table(
    "saved_views",
    METADATA,
    Column("tenant_id", Text, primary_key=True),
    Column("project_id", Text, primary_key=True),
    Column("view_id", Text, primary_key=True),
    Column("name", Text),
    Column("query", Text),
    Column("created_at_ms", BigInteger),
)
