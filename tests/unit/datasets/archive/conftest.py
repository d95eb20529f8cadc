import hashlib

import pytest

from traceflow.models.ports import TenantKeys


class FixedTenantKeys:
    async def derived_key(self, tenant_id: str, *, label: str) -> bytes:
        return hashlib.sha256(f"{tenant_id}/{label}".encode()).digest()


@pytest.fixture
def tenant_keys() -> TenantKeys:
    return FixedTenantKeys()
