import gzip
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

RECORDER = Path(__file__).resolve().parents[2] / "tools" / "record_demo"
SHOP = Path(__file__).resolve().parents[2] / "cluster" / "demo" / "shop"

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("node") is None, reason="Node is not on PATH: install Node 20"),
    pytest.mark.skipif(
        shutil.which("chromium") is None, reason="chromium is not on PATH: apt-get install chromium"
    ),
]


def test_the_script_records_a_visit_in_a_real_browser(tmp_path: Path) -> None:
    recorder = tmp_path / "tools" / "record_demo"
    shutil.copytree(SHOP, tmp_path / "cluster" / "demo" / "shop")
    shutil.copytree(RECORDER, recorder, ignore=shutil.ignore_patterns("node_modules"))
    environment = dict(os.environ)  # noqa: TID251 - handed on; no setting is read from it

    subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund"], cwd=recorder, check=True, env=environment, timeout=300
    )
    recorded = subprocess.run(
        ["node", "record.mjs", "--only", "calm", "--out", str(tmp_path)],
        cwd=recorder,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=300,
    )

    assert recorded.returncode == 0, recorded.stderr
    events = json.loads(gzip.decompress((tmp_path / "calm.json.gz").read_bytes()))["events"]
    assert [event["type"] for event in events[:2]] == [4, 2]
    assert sum(event["type"] == 2 for event in events) >= 4
