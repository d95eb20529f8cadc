import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from traceflow.cluster.settings import Settings

ROOT = Path(__file__).parents[2]
WRITTEN = ("README.md", "CHANGELOG.md", "docs", "tests", "notebooks", "tools/record_demo")
ROOMS = ("actors", "cluster", "datasets", "models", "serve", "workflows")
_LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)(?:#[^)]*)?\)")
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")


def pages() -> list[Path]:
    found = [ROOT / name for name in WRITTEN if name.endswith(".md")]
    for folder in (*(name for name in WRITTEN if not name.endswith(".md")), *ROOMS):
        found += [page for page in (ROOT / folder).rglob("*.md") if "node_modules" not in page.parts]
    return sorted(found)


def variables(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, object]]:
    for name, described in model.model_fields.items():
        section = next(
            (
                kind
                for kind in (described.annotation, *getattr(described.annotation, "__args__", ()))
                if isinstance(kind, type) and issubclass(kind, BaseModel)
            ),
            None,
        )
        if section is None:
            yield prefix + name.upper(), described.default
        else:
            yield from variables(section, f"{prefix}{name.upper()}__")


def requirements() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    named = [*project["dependencies"], *(each for extra in extras for each in extra)]
    return [match[0] for each in named if (match := _REQUIREMENT.match(each))]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    targets = _LINK.findall(page.read_text())

    broken = [target for target in targets if not (page.parent / target).exists()]

    assert broken == []


def test_every_setting_stands_in_the_settings_page_and_no_other_does() -> None:
    page = (ROOT / "docs/operations/settings.md").read_text()
    existing = {name for name, _ in variables(Settings, "TRACEFLOW_")}

    described = set(re.findall(r"^\| `(TRACEFLOW_[A-Z_]+)`", page, re.MULTILINE))

    assert described == existing


def test_the_settings_page_gives_every_plain_default() -> None:
    page = (ROOT / "docs/operations/settings.md").read_text()
    cells = dict(re.findall(r"^\| `(TRACEFLOW_[A-Z_]+)` \| ([^|]+) \|", page, re.MULTILINE))
    plain = {
        name: str(default).lower() if isinstance(default, bool) else str(default)
        for name, default in variables(Settings, "TRACEFLOW_")
        if isinstance(default, bool | int | float | str) and default != ""
    }

    wrong = {name: default for name, default in plain.items() if default not in cells[name]}

    assert plain
    assert wrong == {}


def test_every_dependency_has_a_page_that_says_why() -> None:
    decisions = "\n".join(page.read_text() for page in (ROOT / "docs/decisions").glob("0*.md"))

    missing = [name for name in requirements() if name not in decisions]

    assert missing == []


def test_every_decision_stands_in_the_list_of_decisions() -> None:
    listed = (ROOT / "docs/decisions/README.md").read_text()

    missing = [
        page.name for page in (ROOT / "docs/decisions").glob("0*.md") if f"({page.name})" not in listed
    ]

    assert missing == []


def test_every_room_says_which_question_it_answers() -> None:
    missing = [room for room in ROOMS if "?" not in (ROOT / room / "README.md").read_text().splitlines()[0]]

    assert missing == []
