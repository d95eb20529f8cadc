"""Settings of the dashboard's pages."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

# A source of a Content-Security-Policy: a scheme, a host with wildcard and port; nothing ends a directive.
_SOURCE = r"[A-Za-z0-9*][A-Za-z0-9.:/*+-]*"


class DashboardSettings(BaseModel):
    """What a browser that shows the dashboard may do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # From where a replay's images, styles, fonts and media may come, separated by spaces. Whoever holds an
    # ingest key decides what a recording names: an empty text keeps analysts' browsers at home.
    replay_sources: Annotated[str, StringConstraints(pattern=rf"^(?:{_SOURCE}(?: {_SOURCE})*)?$")] = "*"
