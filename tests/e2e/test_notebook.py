import gzip
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.e2e

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "session.ipynb"
STRUGGLE = files("traceflow.cluster.demo").joinpath("struggle.json.gz")


def printed(notebook: nbformat.NotebookNode) -> str:
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return "".join(output.text for cell in cells for output in cell.outputs if output.output_type == "stream")


async def test_the_notebook_reads_a_session_from_a_running_stack(
    stack: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = tmp_path / "visit.json"
    recording.write_bytes(gzip.decompress(STRUGGLE.read_bytes()))
    sent = stack.run("ingest", str(recording), "--json")
    session_id = json.loads(sent.stdout)["session_id"]
    insight = stack.await_insight(session_id)
    signals = stack.document(f"/sessions/{session_id}/signals")["items"]
    monkeypatch.setenv("TRACEFLOW_DATA_DIR", str(stack.data_dir))
    monkeypatch.setenv("TRACEFLOW_SESSION_ID", session_id)
    notebook = nbformat.read(NOTEBOOK, as_version=4)

    executed = await NotebookClient(notebook, timeout=60, kernel_name="python3").async_execute()

    text = printed(executed)
    assert f"{session_id}: closed, 306 events" in text
    assert signals
    assert [line.split()[-1] for line in text.splitlines() if "-*-" in line] == [s["kind"] for s in signals]
    assert insight["summary"] in text
    assert all(f"- {finding['text']}\n" in text for finding in insight["findings"])


def test_the_notebook_is_committed_without_output() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)

    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]

    assert cells
    assert all(not cell.outputs and cell.execution_count is None for cell in cells)
