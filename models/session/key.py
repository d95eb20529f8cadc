"""The name of a session: unique within its project, a project within its tenant."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class SessionKey:
    """Tenant, project and session id together."""

    tenant_id: str
    project_id: str
    session_id: str
