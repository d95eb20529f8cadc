"""The memory twin of the object stores."""

from collections.abc import AsyncIterator

from traceflow.datasets.archive.object_key import checked_object_key
from traceflow.models.errors import NotFound, RecordCorrupt


class MemoryObjectStore:
    """Objects in a dictionary."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    async def put(self, object_key: str, content: bytes) -> None:
        self._objects[checked_object_key(object_key)] = bytes(content)

    async def get_range(self, object_key: str, *, offset: int, length: int) -> bytes:
        content = self._objects.get(checked_object_key(object_key))
        if content is None:
            raise NotFound("There is no such object.", object_key=object_key)
        if offset + length > len(content):
            raise RecordCorrupt("The object is shorter than its index says.", object_key=object_key)
        return content[offset : offset + length]

    async def delete(self, object_key: str) -> None:
        self._objects.pop(checked_object_key(object_key), None)

    async def list_keys(self, prefix: str) -> AsyncIterator[str]:
        for object_key in sorted(self._objects):
            if object_key.startswith(prefix):
                yield object_key
