"""How a program that no wheel brings is built: which Go module, at which pinned version."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A program that Go builds from its sources, and what it is called on PATH."""

    name: str
    module: str
    version: str
    minutes: float

    @property
    def target(self) -> str:
        return f"{self.module}@{self.version}"


# Newer tags of both modules have replace directives, which `go install` refuses.
TEMPORAL = Recipe(
    name="temporal", module="github.com/temporalio/cli/cmd/temporal", version="v1.5.1", minutes=2.5
)
MINIO = Recipe(
    name="minio", module="github.com/minio/minio", version="v0.0.0-20250907161309-07c3a429bfed", minutes=2.0
)

MINIMUM_GO = (1, 25)
