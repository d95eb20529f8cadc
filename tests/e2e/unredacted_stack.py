"""A stack whose ingest redacts nothing: the search for personal data must find some there.

``python unredacted_stack.py DATA_DIR`` supervises it until SIGTERM; what that starts is this file again.
"""

import asyncio
import sys
from pathlib import Path
from random import Random

from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.supervisor import Supervisor
from traceflow.cluster.launch import plan_launch
from traceflow.cluster.settings import Settings, StackSettings
from traceflow.cluster.stack import run_stack
from traceflow.models.redaction.passthrough import PassthroughRedactor


def supervise(data_dir: DataDir) -> None:
    def say_ready() -> None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()

    driver = (str(Path(__file__).resolve()), "drive")
    data_dir.prepare()
    supervisor = Supervisor(
        data_dir=data_dir,
        make_plan=lambda: plan_launch(Settings(), data_dir, port=None, driver=driver),
        rng=Random(),
    )
    asyncio.run(supervisor.run(on_ready=say_ready))


def drive(settings_file: Path) -> None:
    settings = StackSettings.model_validate_json(settings_file.read_bytes())
    asyncio.run(run_stack(settings, redactor=PassthroughRedactor()))


if __name__ == "__main__":
    if sys.argv[1] == "drive":
        drive(Path(sys.argv[2]))
    else:
        supervise(DataDir(path=Path(sys.argv[1])))
