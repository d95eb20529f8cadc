"""The supervisor on its own, as ``up --detach`` starts it: what goes wrong is left in ``run/complaint``."""

import argparse
import sys
from pathlib import Path

from traceflow.cluster.cli.up import run_in_foreground
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.process_start import prepare_process
from traceflow.models.errors import TraceFlowError


def main() -> int:
    """Supervise until told to stop."""
    parser = argparse.ArgumentParser(prog="traceflow-supervise")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=None)
    arguments = parser.parse_args()
    prepare_process()
    place = DataDir(path=arguments.data_dir)
    try:
        run_in_foreground(place, port=arguments.port, on_ready=lambda: None)
    except TraceFlowError as error:
        (place.run / "complaint").write_text(error.message)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
