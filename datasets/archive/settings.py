"""Where the archive's objects are kept."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator


class ArchiveSettings(BaseModel):
    """The object store: a folder, or a bucket of anything that speaks S3."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["local", "s3"] = "local"
    root: Path | None = None
    endpoint: str = ""
    bucket: str = "traceflow"
    access_key: str = ""
    secret_key: SecretStr = SecretStr("")
    secure: bool = True
    region: str = "us-east-1"

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if self.kind == "local" and self.root is None:
            raise ValueError("archive.root is needed where archive.kind is local")
        if self.kind == "s3" and not self.endpoint:
            raise ValueError("archive.endpoint (host:port) is needed where archive.kind is s3")
        return self
