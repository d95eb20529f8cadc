"""The root key: one file of 32 random bytes that wraps every tenant's key."""

from pathlib import Path

from traceflow.models.errors import Misconfigured

ROOT_KEY_BYTES = 32
_OTHERS = 0o077


def read_root_key(path: Path) -> bytes:
    """Return the key; raises Misconfigured where it is missing, of another length, or others can read it."""
    try:
        content = path.read_bytes()
        mode = path.stat().st_mode
    except OSError as error:
        raise Misconfigured(f"The root key {path} cannot be read: {error.strerror}.") from error
    if mode & _OTHERS:
        raise Misconfigured(f"The root key {path} is open to others: chmod 600 {path}")
    if len(content) != ROOT_KEY_BYTES:
        raise Misconfigured(f"The root key {path} must be {ROOT_KEY_BYTES} bytes: restore it from a backup.")
    return content
