"""The Ray driver of a stack: a local Ray node, the Serve deployments and the actors, until told to stop.

Run as ``python -m traceflow.cluster.stack SETTINGS_FILE`` by the supervisor, which has set Ray's variables.
"""

import asyncio
import logging
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

import ray
from ray import serve
from ray.exceptions import RayError

from traceflow.cluster.process_start import prepare_process
from traceflow.cluster.settings import StackSettings
from traceflow.cluster.wiring import NAMESPACE, StackActor, http_options, serve_targets, stack_actors
from traceflow.datasets.store.partitions import ensure_partitions
from traceflow.datasets.store.settings import StoreSettings
from traceflow.models.errors import TraceFlowError
from traceflow.models.ports import Redactor
from traceflow.models.redaction.redactor import PythonRedactor

# Sized for the control plane and a laptop; sessions never pass through Ray's object store.
_OBJECT_STORE_BYTES = 80 * 1024 * 1024
# Deployments and actors here reserve no CPU: a laptop of two cores runs them all.
_CPUS = 4
_RESTART_AFTER_S = 0.5
_DAY_S = 24 * 60 * 60.0

log = logging.getLogger("traceflow.stack")


async def run_stack(settings: StackSettings, *, redactor: Redactor) -> None:
    """Start everything, then keep the actors at work until SIGINT or SIGTERM."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    start_ray(settings)
    actors = stack_actors(settings)
    keepers = [asyncio.create_task(_keep_at_work(actor)) for actor in actors]
    keepers.append(asyncio.create_task(_keep_partitions_ahead(settings.store)))
    serve.start(http_options=http_options(settings))
    await asyncio.to_thread(serve.run_many, serve_targets(settings, redactor=redactor))
    log.info("stack_ready")
    await stopping.wait()
    for keeper in keepers:
        keeper.cancel()
    await _stop(actors)


def start_ray(settings: StackSettings) -> None:
    """Start the stack's own Ray node, with this process as its driver."""
    ray.init(
        _temp_dir=str(settings.ray_temp_dir),
        _node_ip_address="127.0.0.1",
        include_dashboard=False,
        num_cpus=_CPUS,
        object_store_memory=_OBJECT_STORE_BYTES,
        namespace=NAMESPACE,
        log_to_driver=False,
        configure_logging=False,
    )


async def _keep_at_work(actor: StackActor) -> None:
    """Have the actor run for ever: Ray restarts its process, this its work."""
    while True:
        try:
            await actor.handle.run.remote()
        except RayError as error:  # its process died, or its work raised: either way it begins anew
            log.warning("actor_interrupted name=%s error=%s", actor.name, type(error).__name__)
        await asyncio.sleep(_RESTART_AFTER_S)


async def _keep_partitions_ahead(store: StoreSettings) -> None:
    """Make the coming months' partitions, once a day; until then the default partition takes the rows."""
    while store.owner_url is not None:
        await asyncio.sleep(_DAY_S)
        try:
            await asyncio.to_thread(ensure_partitions, store, now=datetime.now(UTC))
        except TraceFlowError as error:
            log.warning("partitions_not_made reason=%s", error.message)


async def _stop(actors: list[StackActor]) -> None:
    stops = [actor.handle.stop.remote() for actor in actors]
    await asyncio.wait([asyncio.ensure_future(_settled(stop)) for stop in stops], timeout=8.0)
    serve.shutdown()  # type: ignore[no-untyped-call]  # Ray's own
    ray.shutdown()


async def _settled(stop: "ray.ObjectRef[None]") -> None:
    try:
        await stop
    except RayError as error:
        log.warning("actor_did_not_stop error=%s", type(error).__name__)


def main() -> None:
    """Read the settings file, run, exit 0 when told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    prepare_process()
    settings = StackSettings.model_validate_json(Path(sys.argv[1]).read_bytes())
    asyncio.run(run_stack(settings, redactor=PythonRedactor()))


if __name__ == "__main__":
    main()
