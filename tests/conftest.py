import importlib.util
import os
import sys
from collections.abc import Generator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up by name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    # In CI a test that could not run has failed: a green run must not hide what was left out.
    report = yield
    is_excused = item.get_closest_marker("gpu") is not None or hasattr(report, "wasxfail")
    if report.skipped and not is_excused and os.environ.get("CI"):  # noqa: TID251 - how CI announces itself
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def canaries() -> Any:
    return _load("canary").plant()


@pytest.fixture(scope="session")
def canary_events(canaries: Any) -> Any:
    return canaries
