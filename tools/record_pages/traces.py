"""Looks for what visitors typed in everything that the stack keeps, says or logs: the search of tests/e2e."""

import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

from tools.record_pages.stack import RunningStack

_TESTS = Path(__file__).parents[2] / "tests"
# Where a file is larger, it is searched as it lies and for what its frames hold, not for what it decodes to.
_DECODED_BYTES = 2 * 1024 * 1024
_ALSO_ASKED = (
    "/api/v1/overview",
    "/api/v1/sessions/facets",
    "/api/v1/keys",
    "/api/v1/system",
    "/api/v1/views",
)

# By page: what was found, and where.
Traces = Mapping[str, list[str]]


def make_persons(pages: Iterable[str]) -> dict[str, Any]:
    """Make one visitor per page, no two of whom type the same."""
    canary = _load("canary", _TESTS / "canary.py")
    return {page: canary.Planter(count=1000 + 40 * number) for number, page in enumerate(pages)}


def find_traces(stack: RunningStack, session_ids: list[str], persons: Mapping[str, Any]) -> Traces:
    """Search everything for what the persons typed."""
    # A browser is driven in this thread, by a loop that is running: the search runs its own in another.
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(_find, stack, session_ids, persons).result()


def _find(stack: RunningStack, session_ids: list[str], persons: Mapping[str, Any]) -> Traces:
    search = _load("search", _TESTS / "e2e" / "search.py")
    canary = _load("canary", _TESTS / "canary.py")
    pages_of = {needle: page for page, person in persons.items() for needle in _needles(person)}
    canaries = canary.Canaries(events=[], needles=frozenset(pages_of), planted=frozenset())
    with stack.api() as api:
        places = search.everything(stack.data_dir, stack.settings(), api, session_ids)
        places += [(f"answer to {path}", api.get(path).content) for path in _ALSO_ASKED]
    names: dict[bytes, set[str]] = defaultdict(set)
    for name, content in places:
        names[content].add(name)
    found: dict[str, list[str]] = defaultdict(list)
    for content, where in names.items():
        for needle in _found_in(content, canaries):
            found[pages_of[needle]] += [f"{needle.decode()} in {place}" for place in sorted(where)]
    return found


def _found_in(content: bytes, canaries: Any) -> set[bytes]:
    if len(content) > _DECODED_BYTES:
        return {needle for needle in canaries.needles if needle in content}
    needles: set[bytes] = canaries.found_in(content)
    return needles


def _needles(person: Any) -> set[bytes]:
    return {*person.needles, *person.normalised}


def _load(name: str, path: Path) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
