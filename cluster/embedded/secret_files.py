"""The secrets of a data directory: made once, readable by their owner alone, never made anew over data."""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.models.errors import Misconfigured

_SECRET_MODE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePasswords:
    """The passwords of the embedded services; ``repr`` hides them from logs."""

    postgres_superuser: str
    postgres_owner: str
    postgres_app: str
    redis: str

    def __repr__(self) -> str:
        return "ServicePasswords(…)"


def prepare_secrets(data_dir: DataDir) -> ServicePasswords:
    """Make the root key, the passwords and Ray's token where they are missing; return the passwords.

    Raises Misconfigured where data is there but the secret that opens it is not.
    """
    _keep(
        data_dir.root_key, make=lambda: secrets.token_bytes(32), guards=(data_dir.objects, data_dir.postgres)
    )
    _keep(data_dir.ray_token, make=lambda: secrets.token_hex(32).encode(), guards=())
    _keep(data_dir.secrets, make=_new_passwords, guards=(data_dir.postgres,))
    return read_passwords(data_dir)


def read_passwords(data_dir: DataDir) -> ServicePasswords:
    """Return the passwords of a data directory that was prepared before."""
    try:
        return ServicePasswords(**json.loads(data_dir.secrets.read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise Misconfigured(
            f"{data_dir.secrets} cannot be read: run as the user that made it, or restore it.",
            path=str(data_dir.secrets),
        ) from error


def write_secret(path: Path, content: bytes) -> None:
    """Replace a secret file as one step, fsynced, with mode 0600 from its first byte on."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _SECRET_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _keep(path: Path, *, make: Callable[[], bytes], guards: tuple[Path, ...]) -> None:
    if path.exists():
        return
    for guarded in guards:
        if guarded.is_dir() and any(guarded.iterdir()):
            raise Misconfigured(
                f"{path} is missing, and {guarded} cannot be read without it: restore it from a backup, "
                "or choose another --data-dir.",
                path=str(path),
            )
    write_secret(path, make())


def _new_passwords() -> bytes:
    names = ("postgres_superuser", "postgres_owner", "postgres_app", "redis")
    return json.dumps({name: secrets.token_urlsafe(32) for name in names}).encode()
