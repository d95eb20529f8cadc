import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[3]
# All twenty take minutes; these have shadow trees, frames, forms, mutations in flight and errors.
PAGES = ("components", "booking", "insurance", "chat", "broken")


@pytest.fixture(scope="module")
def proof(stack: Any) -> "subprocess.CompletedProcess[str]":
    only = [argument for page in PAGES for argument in ("--only", page)]
    return subprocess.run(
        [sys.executable, "-m", "tools.record_pages", "--json", "--data-dir", str(stack.data_dir), *only],
        capture_output=True,
        text=True,
        timeout=600,
        env=dict(stack.environment),
        cwd=ROOT,
        check=False,
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_recorded_page_is_stored_whole_replays_to_its_end_and_tells_nothing_typed(
    page: str, proof: "subprocess.CompletedProcess[str]"
) -> None:
    assert proof.stdout, proof.stderr
    (result,) = [each for each in json.loads(proof.stdout)["pages"] if each["page"] == page]

    assert result["sent"] == result["stored"] > 0
    assert result["failure"] is None
    for name in ("losses", "differences", "console_errors", "leaks"):
        assert result[name] == [], name


def test_the_script_says_by_its_exit_code_that_all_is_well(
    proof: "subprocess.CompletedProcess[str]",
) -> None:
    assert proof.returncode == 0, proof.stderr
