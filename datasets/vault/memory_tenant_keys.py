"""The memory twin of ``TenantKeys``: every tenant's key follows from one seed."""

from traceflow.datasets.vault.derivation import derive


class MemoryTenantKeys:
    """Keys for tests and measurements; the same seed gives the same keys."""

    def __init__(self, seed: bytes = b"seed") -> None:
        self._seed = seed

    async def derived_key(self, tenant_id: str, *, label: str) -> bytes:
        return derive(derive(self._seed, label=f"tenant/{tenant_id}"), label=label)
