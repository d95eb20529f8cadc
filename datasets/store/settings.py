"""Where the store is, and how long it is waited for."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class StoreSettings(BaseModel):
    """A PostgreSQL database, by two roles.

    ``url`` (``postgresql://role:password@host:port/database``) is what the product runs under: no
    superuser, owner of nothing, bound by row-level security. ``owner_url`` owns the tables and is used
    by migrations and for partitions only. A transaction never waits longer than
    ``transaction_timeout_s`` in all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr
    owner_url: SecretStr | None = None
    pool_size: int = Field(default=5, ge=1)
    max_overflow: int = Field(default=5, ge=0)
    pool_timeout_s: float = Field(default=5.0, gt=0)
    # libpq rounds anything below 2 up to it.
    connect_timeout_s: int = Field(default=3, ge=2)
    statement_timeout_s: float = Field(default=10.0, gt=0)
    transaction_timeout_s: float = Field(default=15.0, gt=0)
