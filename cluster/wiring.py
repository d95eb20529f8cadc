"""The composition root: which class becomes which deployment or actor, with every replica and queue knob."""

from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import ray
from ray import serve
from ray.serve.config import HTTPOptions
from ray.serve.schema import LoggingConfig

from traceflow.actors.session_processor.processor import ProcessorConfiguration, SessionProcessor
from traceflow.cluster.replicas import (
    NEUROROUTER,
    ApiReplica,
    IngestReplica,
    RouterReplica,
    WorkflowWorker,
    build_starter,
)
from traceflow.cluster.settings import StackSettings
from traceflow.models.ports import Redactor

NAMESPACE = "traceflow"

_INGEST_ONGOING, _INGEST_QUEUED = 512, 2048
_API_ONGOING, _API_QUEUED = 200, 400
_QUIET = LoggingConfig(log_level="WARNING", enable_access_log=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackActor:
    """An actor with its name."""

    name: str
    handle: Any


def http_options(settings: StackSettings) -> HTTPOptions:
    """Return where Serve listens: loopback, behind whatever edge stands before it."""
    return HTTPOptions(host="127.0.0.1", port=settings.http_port)


def serve_targets(settings: StackSettings, *, redactor: Redactor) -> list[serve.RunTarget]:
    """Return the applications; ``redactor`` is hop 3 of every segment that ingest takes."""
    ingest = serve.deployment(
        name="ingest",
        num_replicas=1,
        max_ongoing_requests=_INGEST_ONGOING,
        max_queued_requests=_INGEST_QUEUED,
        ray_actor_options={"num_cpus": 0},
        logging_config=_QUIET,
    )(serve.ingress()(IngestReplica)).bind(settings, redactor)
    api = serve.deployment(
        name="api",
        num_replicas=1,
        max_ongoing_requests=_API_ONGOING,
        max_queued_requests=_API_QUEUED,
        ray_actor_options={"num_cpus": 0},
        logging_config=_QUIET,
    )(serve.ingress()(ApiReplica)).bind(settings)
    router = serve.deployment(
        name=NEUROROUTER,
        num_replicas=1,
        ray_actor_options={"num_cpus": 0},
        logging_config=_QUIET,
    )(RouterReplica).bind(settings)
    return [
        serve.RunTarget(ingest, name="ingest", route_prefix="/ingest"),
        serve.RunTarget(api, name="api", route_prefix="/"),
        serve.RunTarget(router, name=NEUROROUTER, route_prefix=None),
    ]


def stack_actors(settings: StackSettings) -> list[StackActor]:
    """Create the actors; Ray restarts a process that dies, whoever calls ``run`` starts its work again."""
    processors = [
        _actor(
            f"session_processor_{number}",
            SessionProcessor,
            ProcessorConfiguration(
                number=number,
                version=version("traceflow"),
                processor=settings.processor,
                store=settings.store,
                stream=settings.stream,
                archive=settings.archive,
                root_key_file=settings.root_key_file,
                build_starter=partial(build_starter, settings),
            ),
        )
        for number in range(settings.processor.actors)
    ]
    return [*processors, _actor("workflow_worker", WorkflowWorker, settings)]


def _actor(name: str, kind: type, configuration: object) -> StackActor:
    actor: Any = ray.remote(kind)
    options = actor.options(name=name, num_cpus=0, max_restarts=-1, max_concurrency=16)
    return StackActor(name=name, handle=options.remote(configuration))
