"""What may name an object: relative, of plain characters, and the same in every store."""

import re

from traceflow.models.errors import RecordCorrupt

# S3 takes 1,024 bytes, a file system 255 for each part. No part may begin with a dot: neither "..", nor the
# folder where the local store keeps what it has not finished.
_OBJECT_KEY = re.compile(
    r"(?=.{1,1024}\Z)[A-Za-z0-9_=-][A-Za-z0-9._=-]{0,199}(/[A-Za-z0-9_=-][A-Za-z0-9._=-]{0,199})*"
)


def checked_object_key(object_key: str) -> str:
    """Return the key; raises RecordCorrupt for what cannot have come from us."""
    if _OBJECT_KEY.fullmatch(object_key) is None:
        raise RecordCorrupt("This is no object key.")
    return object_key
