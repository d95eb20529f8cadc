"""The keys that the first start made, kept in the data directory for its operator."""

import json

from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.secret_files import write_secret
from traceflow.models.access.api_key import parse_api_key
from traceflow.models.errors import Misconfigured

# What the first start makes keys for.
DEFAULT_TENANT = "default"
DEFAULT_PROJECT = "default"
# Who signs in to the dashboard until there is another user.
FIRST_USER = "admin"


def read_keys(data_dir: DataDir) -> dict[str, str]:
    """Return the keys by name, such as ``ingest_key``; raises Misconfigured where there are none."""
    try:
        keys: dict[str, str] = json.loads(data_dir.keys.read_bytes())
    except FileNotFoundError as error:
        raise Misconfigured(
            f"{data_dir.keys} does not exist: start the stack once with `traceflow up`."
        ) from error
    return keys


def key_of(data_dir: DataDir, name: str) -> str:
    """Return one key; raises Misconfigured where it was revoked."""
    keys = read_keys(data_dir)
    if name not in keys:
        raise Misconfigured(f"{name} was revoked: make another with `traceflow keys create`.")
    return keys[name]


def forget_key(data_dir: DataDir, key_id: str) -> None:
    """Take a revoked key out of the file, if it is one of the first."""
    if not data_dir.keys.exists():
        return
    keys = read_keys(data_dir)
    left = {name: key for name, key in keys.items() if parse_api_key(key).key_id != key_id}
    if left != keys:
        write_secret(data_dir.keys, json.dumps(left, indent=1).encode())
