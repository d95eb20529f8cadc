"""One connection under the role that owns the tables: for migrations and partitions only."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, NullPool, create_engine, text

from traceflow.datasets.store.database import connect_arguments, driver_url
from traceflow.datasets.store.settings import StoreSettings
from traceflow.datasets.store.store_errors import store_errors
from traceflow.models.errors import Misconfigured

# Any constant serves, as long as every version of TraceFlow takes the same one.
_ADVISORY_LOCK = 7_272_020_826


@contextmanager
def owner_transaction(settings: StoreSettings) -> Iterator[Connection]:
    """Open a transaction as the owner, after any other such transaction has ended; blocks meanwhile."""
    if settings.owner_url is None:
        raise Misconfigured("store.owner_url is needed: the role that owns the tables.")
    engine = create_engine(
        driver_url(settings.owner_url),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args=connect_arguments(settings),
    )
    try:
        with store_errors(), engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
            yield connection
    finally:
        engine.dispose()
