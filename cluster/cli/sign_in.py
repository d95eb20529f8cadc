"""``traceflow sign-in``: a link that signs its reader in to the dashboard, once."""

import json
import sys
from datetime import UTC, datetime
from urllib.parse import urlencode

from traceflow.cluster.cli.console import DataDirOption, JsonOption, open_data_dir, progress
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.stack_state import read_state, supervisor_of
from traceflow.cluster.stack_keys import DEFAULT_TENANT, FIRST_USER
from traceflow.cluster.stack_store import ask_store
from traceflow.datasets.store.database import Database
from traceflow.datasets.store.user_store import UserStore
from traceflow.models.access.web_session import SIGN_IN_TOKEN_LIFETIME
from traceflow.models.errors import Unavailable


def sign_in(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Print a fresh sign-in link of the dashboard; it works once, within 15 minutes."""
    place = open_data_dir(data_dir)
    if supervisor_of(place) is None:
        raise Unavailable(f"no stack runs in {place.path}: start it with `traceflow up`")
    link = make_sign_in_url(place)
    if as_json:
        sys.stdout.write(json.dumps({"sign_in_url": link}) + "\n")
        return
    minutes = int(SIGN_IN_TOKEN_LIFETIME.total_seconds() // 60)
    progress().print(f"signs {FIRST_USER} in, once, within {minutes} minutes:")
    sys.stdout.write(link + "\n")


def make_sign_in_url(place: DataDir, *, page: str = "") -> str:
    """Return a link of a running stack that has not been used; it leads to the page of the dashboard.

    Raises StoreUnavailable, Unavailable.
    """
    state = read_state(place)
    if state is None:
        raise Unavailable(f"the stack in {place.path} has just stopped")
    token = ask_store(place, _new_token)
    return sign_in_url(state.url, token, page=page)


def sign_in_url(url: str, token: str, *, page: str = "") -> str:
    """Return the link of a token: behind ``#``, so that it reaches no server's log and no Referer."""
    fragment = {"token": token, "next": page} if page else {"token": token}
    return f"{url}/sign-in#{urlencode(fragment)}"


async def _new_token(database: Database) -> str:
    users = UserStore(database)
    token = await users.new_sign_in_token(tenant_id=DEFAULT_TENANT, name=FIRST_USER, now=datetime.now(UTC))
    return token.text
