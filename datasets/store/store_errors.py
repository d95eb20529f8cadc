"""The boundary between PostgreSQL's errors and ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    TimeoutError as PoolTimeout,
)

from traceflow.models.errors import Misconfigured, RecordCorrupt, StoreUnavailable, TraceFlowError

# InternalError: a read-only standby after a failover answers so (SQLSTATE 25006).
_UNAVAILABLE = (OperationalError, InterfaceError, InternalError)
_MISFIT = (DataError, IntegrityError)


@contextmanager
def store_errors() -> Iterator[None]:
    """Translate what the driver and the pool raise; never a parameter in the message."""
    try:
        yield
    except (PoolTimeout, TimeoutError, OSError) as error:
        raise StoreUnavailable("PostgreSQL did not answer in time.") from error
    except UnicodeError as error:
        raise RecordCorrupt("A text does not encode as UTF-8.") from error
    except DBAPIError as error:
        raise _translated(error) from error


def sql_state(error: DBAPIError) -> str:
    """Return PostgreSQL's five characters, empty where the server said nothing."""
    return getattr(error.orig, "sqlstate", None) or ""


def _translated(error: DBAPIError) -> TraceFlowError:
    state = sql_state(error)
    if isinstance(error, _UNAVAILABLE):
        return StoreUnavailable("PostgreSQL is not reachable, or ended the transaction.", sql_state=state)
    if isinstance(error, _MISFIT):
        return RecordCorrupt("A row does not fit its table.", sql_state=state)
    if isinstance(error, ProgrammingError):
        return Misconfigured(
            "PostgreSQL refuses the statement: are the migrations and grants in place?", sql_state=state
        )
    return StoreUnavailable("The connection to PostgreSQL failed.", sql_state=state)
