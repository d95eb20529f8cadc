"""Monthly partitions, made ahead of time, each with the row-level security that it does not inherit."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from traceflow.datasets.store.owner_connection import owner_transaction
from traceflow.datasets.store.settings import StoreSettings

MONTHS_AHEAD = 3
_PARTITIONED = {"signals": "first_arrival", "events": "first_arrival", "usage": "recorded_at"}

# Making a partition locks the default one; behind a long transaction it gives up instead of holding
# up every write that queues behind it, and the next daily run tries again.
_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '5s'"

_SAME_TENANT = "tenant_id = NULLIF(current_setting('app.tenant', true), '')"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Partition:
    table: str
    column: str
    first_day: datetime
    end: datetime

    @property
    def name(self) -> str:
        return f"{self.table}_{self.first_day:%Y_%m}"


def ensure_partitions(settings: StoreSettings, *, now: datetime) -> tuple[str, ...]:
    """Make the partitions of this month and of those ahead that are missing; return their names; blocks.

    Rows of such a month that the default partition took meanwhile move over. Raises StoreUnavailable,
    Misconfigured without ``owner_url``.
    """
    with owner_transaction(settings) as connection:
        connection.exec_driver_sql(_LOCK_TIMEOUT)
        missing = [each for each in _wanted(now) if not _exists(connection, each.name)]
        for partition in missing:
            _make(connection, partition)
    return tuple(each.name for each in missing)


def _wanted(now: datetime) -> Iterator[_Partition]:
    for table, column in _PARTITIONED.items():
        for ahead in range(MONTHS_AHEAD + 1):
            yield _Partition(
                table=table, column=column, first_day=_month(now, ahead), end=_month(now, ahead + 1)
            )


def _month(now: datetime, ahead: int) -> datetime:
    utc = now.astimezone(UTC)
    years, month = divmod(utc.month - 1 + ahead, 12)
    return datetime(utc.year + years, month + 1, 1, tzinfo=UTC)


def _exists(connection: Connection, name: str) -> bool:
    return connection.execute(text("SELECT to_regclass(:name)"), {"name": name}).scalar() is not None


def _make(connection: Connection, partition: _Partition) -> None:
    table, name, column = partition.table, partition.name, partition.column
    start, end = partition.first_day.isoformat(), partition.end.isoformat()
    # Forced row-level security hides the rows from their owner too; it is back before anybody looks,
    # since the table stays locked until the transaction ends.
    connection.exec_driver_sql(f"ALTER TABLE {table}_default NO FORCE ROW LEVEL SECURITY")
    connection.exec_driver_sql(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
    connection.exec_driver_sql(
        f"WITH moved AS (DELETE FROM {table}_default"  # noqa: S608  names and times are our own
        f" WHERE {column} >= '{start}' AND {column} < '{end}' RETURNING *)"
        f" INSERT INTO {name} SELECT * FROM moved"
    )
    connection.exec_driver_sql(
        f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{start}') TO ('{end}')"
    )
    connection.exec_driver_sql(f"ALTER TABLE {table}_default FORCE ROW LEVEL SECURITY")
    _protect(connection, name)


def _protect(connection: Connection, name: str) -> None:
    connection.exec_driver_sql(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    connection.exec_driver_sql(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    connection.exec_driver_sql(
        f"CREATE POLICY tenant ON {name} USING ({_SAME_TENANT}) WITH CHECK ({_SAME_TENANT})"
    )
