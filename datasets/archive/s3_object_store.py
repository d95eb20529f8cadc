"""Objects in a bucket of S3, MinIO or anything that speaks their language."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from traceflow.datasets.archive.object_key import checked_object_key
from traceflow.datasets.archive.settings import ArchiveSettings
from traceflow.models.errors import ArchiveUnavailable, Misconfigured, NotFound, RecordCorrupt

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 10.0
# Each put and get is safe to repeat: objects are written once, under names of their own.
RETRIES = 2
RETRY_BACKOFF_S = 0.2
CONNECTIONS = 32
# One PUT shows the object whole or not at all; S3's limit for one is 5 GiB.
SINGLE_PUT_BYTES = 5 * 1024**3
LIST_PAGE = 1000

Result = TypeVar("Result")


class S3ObjectStore:
    """One bucket, made at the first write where it is missing and the key may."""

    def __init__(self, settings: ArchiveSettings) -> None:
        self._bucket = settings.bucket
        self._region = settings.region
        try:
            self._client = Minio(
                endpoint=settings.endpoint,
                access_key=settings.access_key,
                secret_key=settings.secret_key.get_secret_value(),
                secure=settings.secure,
                # With the region given, no request asks for the bucket's place first.
                region=settings.region,
                http_client=_http_client(),
            )
        except ValueError as error:
            raise Misconfigured(f"archive.endpoint is not host:port ({error}).") from error

    async def put(self, object_key: str, content: bytes) -> None:
        checked_object_key(object_key)
        try:
            await self._in_thread(lambda: self._put(object_key, content))
        except NotFound:
            await self._in_thread(self._make_bucket)
            await self._in_thread(lambda: self._put(object_key, content))

    async def get_range(self, object_key: str, *, offset: int, length: int) -> bytes:
        checked_object_key(object_key)
        if length == 0:
            # The client takes a length of 0 for "to the end".
            await self._in_thread(
                lambda: self._client.stat_object(bucket_name=self._bucket, object_name=object_key)
            )
            return b""
        content = await self._in_thread(lambda: self._get(object_key, offset=offset, length=length))
        if len(content) < length:
            raise RecordCorrupt("The object is shorter than its index says.", object_key=object_key)
        return content

    async def delete(self, object_key: str) -> None:
        checked_object_key(object_key)
        try:
            await self._in_thread(
                lambda: self._client.remove_object(bucket_name=self._bucket, object_name=object_key)
            )
        except NotFound:
            return

    async def list_keys(self, prefix: str) -> AsyncIterator[str]:
        after: str | None = None
        while True:
            page = await self._in_thread(lambda: self._list_page(prefix, after))  # noqa: B023 - awaited at once
            for object_key in page:
                yield object_key
            if len(page) < LIST_PAGE:
                return
            after = page[-1]

    def _put(self, object_key: str, content: bytes) -> None:
        self._client.put_object(
            bucket_name=self._bucket,
            object_name=object_key,
            data=io.BytesIO(content),
            length=len(content),
            content_type="application/octet-stream",
            part_size=SINGLE_PUT_BYTES,
        )

    def _get(self, object_key: str, *, offset: int, length: int) -> bytes:
        response = self._client.get_object(
            bucket_name=self._bucket, object_name=object_key, offset=offset, length=length
        )
        try:
            return bytes(response.read())
        finally:
            response.close()
            response.release_conn()

    def _list_page(self, prefix: str, after: str | None) -> list[str]:
        listed = self._client.list_objects(
            bucket_name=self._bucket, prefix=prefix, recursive=True, start_after=after
        )
        names: list[str] = []
        for entry in listed:
            names.append(str(entry.object_name))
            if len(names) == LIST_PAGE:
                break
        return names

    def _make_bucket(self) -> None:
        try:
            self._client.make_bucket(bucket_name=self._bucket, location=self._region)
        except S3Error as error:
            # Another writer was first.
            if error.code not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
                raise

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        try:
            return await asyncio.to_thread(work)
        except S3Error as error:
            raise _translated(error) from error
        except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
            raise ArchiveUnavailable(f"The object store did not answer ({type(error).__name__}).") from error


def _http_client() -> urllib3.PoolManager:
    return urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S),
        maxsize=CONNECTIONS,
        retries=urllib3.Retry(
            total=RETRIES, backoff_factor=RETRY_BACKOFF_S, status_forcelist=[500, 502, 503, 504]
        ),
    )


def _translated(error: Any) -> NotFound | RecordCorrupt | ArchiveUnavailable:
    if error.code in {"NoSuchKey", "NoSuchBucket", "NoSuchObject"}:
        return NotFound("There is no such object.", object_key=error.object_name)
    if error.code == "InvalidRange":
        return RecordCorrupt("The object is shorter than its index says.", object_key=error.object_name)
    return ArchiveUnavailable(f"The object store refused: {error.code}.")
