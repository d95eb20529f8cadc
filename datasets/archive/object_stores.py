"""Which object store the settings name."""

from traceflow.datasets.archive.local_object_store import LocalObjectStore
from traceflow.datasets.archive.s3_object_store import S3ObjectStore
from traceflow.datasets.archive.settings import ArchiveSettings
from traceflow.models.ports import ObjectStore


def open_object_store(settings: ArchiveSettings) -> ObjectStore:
    """Build the adapter; a bucket that is missing is made at the first write where that is allowed."""
    if settings.kind == "s3":
        return S3ObjectStore(settings)
    assert settings.root is not None
    return LocalObjectStore(settings.root)
