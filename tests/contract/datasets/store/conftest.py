from collections.abc import AsyncIterator

import pytest

from traceflow.datasets.store.database import Database
from traceflow.datasets.store.settings import StoreSettings


@pytest.fixture
async def database(store_settings: StoreSettings) -> AsyncIterator[Database]:
    opened = Database(store_settings)
    yield opened
    await opened.close()
