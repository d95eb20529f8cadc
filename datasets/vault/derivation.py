"""HKDF-SHA256: many keys out of one, told apart by a label."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32


def derive(key: bytes, *, label: str) -> bytes:
    """Return the 32 bytes that this key gives for this label, always the same."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"traceflow/{label}".encode()).derive(
        key
    )
