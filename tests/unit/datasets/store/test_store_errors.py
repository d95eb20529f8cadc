import pytest
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

from traceflow.datasets.store.store_errors import store_errors
from traceflow.models.errors import (
    Misconfigured,
    NotFound,
    RecordCorrupt,
    StoreUnavailable,
    TraceFlowError,
)


class ServerError(Exception):
    sqlstate = "99999"


def driver_error(kind: type[DBAPIError]) -> DBAPIError:
    return kind("SELECT 1", {"secret": "canary"}, ServerError("canary"))


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (driver_error(OperationalError), StoreUnavailable),
        (driver_error(InterfaceError), StoreUnavailable),
        (driver_error(InternalError), StoreUnavailable),
        (driver_error(DBAPIError), StoreUnavailable),
        (PoolTimeout(), StoreUnavailable),
        (TimeoutError(), StoreUnavailable),
        (ConnectionRefusedError(), StoreUnavailable),
        (driver_error(DataError), RecordCorrupt),
        (driver_error(IntegrityError), RecordCorrupt),
        (UnicodeEncodeError("utf-8", "canary", 0, 1, "surrogates"), RecordCorrupt),
        (driver_error(ProgrammingError), Misconfigured),
        (NotFound("no"), NotFound),
    ],
)
def test_each_error_of_the_driver_becomes_one_of_ours_without_its_text(
    raised: Exception, expected: type[TraceFlowError]
) -> None:
    with pytest.raises(expected) as translated, store_errors():
        raise raised

    assert type(translated.value) is expected
    assert "canary" not in f"{translated.value} {translated.value.context}"
