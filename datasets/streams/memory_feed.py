"""The memory twin of the port Feed: notices of every project in one list."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from traceflow.models.ports import Notice


class MemoryFeed:
    """Keeps every notice in ``notices``; its place there is its position."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self._published = asyncio.Event()

    async def publish(self, notices: Sequence[Notice]) -> None:
        """Hand the notices on; see the port."""
        self.notices += notices
        self._published.set()
        self._published = asyncio.Event()

    async def listen(
        self, *, tenant_id: str, project_id: str, after: str | None
    ) -> AsyncIterator[tuple[str, Notice]]:
        """Yield notices; see the port."""
        place = len(self.notices) if after is None else int(after.partition("-")[0])
        while True:
            if place == len(self.notices):
                await self._published.wait()
            notice = self.notices[place]
            place += 1
            if (notice.session.tenant_id, notice.session.project_id) == (tenant_id, project_id):
                yield f"{place}-0", notice
