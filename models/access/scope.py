"""What an API key may do, and for whom."""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What an API key may do; a key has exactly one."""

    INGEST = "ingest"
    READ = "read"
    ADMIN = "admin"
    LLM = "llm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who a request comes from: the key, and the project that it belongs to."""

    key_id: str
    tenant_id: str
    project_id: str
    scope: Scope
