"""What can be shown of an API key once it is made."""

from dataclasses import dataclass
from datetime import datetime

from traceflow.models.access.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRecord:
    """Everything of a key but its secret."""

    key_id: str
    tenant_id: str
    project_id: str
    scope: Scope
    created_at: datetime
    revoked_at: datetime | None
