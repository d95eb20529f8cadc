"""`make services`: finds or builds the programs that no wheel brings, into the user's cache, once.

Run as ``python -Im traceflow.cluster.binaries.services temporal minio``.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console

from traceflow.cluster.binaries.build import build
from traceflow.cluster.binaries.download import download_temporal
from traceflow.cluster.binaries.recipe import MINIMUM_GO, MINIO, TEMPORAL, Recipe
from traceflow.cluster.binaries.search import cache_dir, find_go, find_minio, find_redis, find_temporal
from traceflow.models.errors import Misconfigured

_WRONG_USE = 2
_SHOWN_WIDTH = 80


def provide_temporal(
    *, configured: Path | None = None, cache: Path | None = None, console: Console | None = None
) -> Path:
    """Return the Temporal CLI, built with Go or downloaded by Temporal's SDK where it is missing.

    Blocks for minutes the first time, and shows that on the console (stderr). Raises Misconfigured with
    the fix where neither works.
    """
    found = find_temporal(configured=configured, cache=cache)
    if found is not None:
        return found
    cache = cache or cache_dir()
    console = console or Console(stderr=True)
    go = find_go()
    if go is not None:
        try:
            return _build(TEMPORAL, go=go, cache=cache, console=console)
        except Misconfigured as error:  # no way to Go's modules, say; there may be one to the download
            console.print(error.message, markup=False)
    with console.status("Downloading Temporal's CLI (once, about 120 MB) …"):
        return download_temporal(cache=cache)


def provide_minio(
    *, configured: Path | None = None, cache: Path | None = None, console: Console | None = None
) -> Path:
    """Return the MinIO server, built with Go where it is missing; tests alone use it."""
    found = find_minio(configured=configured, cache=cache)
    if found is not None:
        return found
    go = find_go()
    if go is None:
        raise Misconfigured(
            f"MinIO is missing, and there is no Go {_dotted(MINIMUM_GO)} to build it with: "
            "install Go, or put `minio` on PATH.",
            program=MINIO.name,
        )
    return _build(MINIO, go=go, cache=cache or cache_dir(), console=console or Console(stderr=True))


PROVIDERS: Mapping[str, Callable[[], Path]] = {
    "redis": find_redis,
    "temporal": provide_temporal,
    "minio": provide_minio,
}


def main(names: list[str]) -> int:
    """Provide each named program and say where it is; 0 done, 1 one is missing, 2 wrong use."""
    console = Console(stderr=True)
    unknown = [name for name in names if name not in PROVIDERS]
    if unknown or not names:
        console.print(f"Name one or more of: {', '.join(PROVIDERS)}.")
        return _WRONG_USE
    is_complete = True
    for name in names:
        try:
            console.print(f"[green]✓[/] {name}: {PROVIDERS[name]()}", highlight=False)
        except Misconfigured as error:
            is_complete = False
            console.print(f"[red]✗[/] {name}: {error.message}", highlight=False)
    return 0 if is_complete else 1


def _build(recipe: Recipe, *, go: Path, cache: Path, console: Console) -> Path:
    title = f"Building {recipe.name} {recipe.version} with Go (once, about {recipe.minutes:g} minutes) …"
    with console.status(title) as status:
        return build(
            recipe,
            go=go,
            cache=cache,
            on_line=lambda line: status.update(f"{title} {line[:_SHOWN_WIDTH]}"),
        )


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
