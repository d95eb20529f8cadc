"""The composition root: which class becomes which deployment or actor, with every replica and queue knob."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

import ray
from ray import serve
from ray.serve.config import HTTPOptions
from ray.serve.schema import LoggingConfig

from traceflow.actors.session_processor.processor import ProcessorConfiguration
from traceflow.cluster.knobs import ActorKnobs, DeploymentKnobs, read_knobs
from traceflow.cluster.replicas import (
    NEUROROUTER,
    ApiReplica,
    IngestReplica,
    RouterReplica,
    ShardProcessor,
    WorkflowWorker,
    build_starter,
)
from traceflow.cluster.settings import StackSettings
from traceflow.models.ports import Redactor

NAMESPACE = "traceflow"

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
    knobs = read_knobs(settings.mode).deployments
    bound = settings.without_owner()
    ingest = _deployment("ingest", serve.ingress()(IngestReplica), knobs).bind(bound, redactor)
    api = _deployment("api", serve.ingress()(ApiReplica), knobs).bind(bound)
    router = _deployment(NEUROROUTER, RouterReplica, knobs).bind(bound)
    return [
        serve.RunTarget(ingest, name="ingest", route_prefix="/ingest"),
        serve.RunTarget(api, name="api", route_prefix="/"),
        serve.RunTarget(router, name=NEUROROUTER, route_prefix=None),
    ]


def _deployment(name: str, kind: type, knobs: Mapping[str, DeploymentKnobs]) -> Any:
    turned = knobs[name]
    return serve.deployment(
        name=name,
        num_replicas=turned.num_replicas,
        max_ongoing_requests=turned.max_ongoing_requests,
        max_queued_requests=turned.max_queued_requests,
        health_check_period_s=turned.health_check_period_s,
        ray_actor_options={"num_cpus": turned.num_cpus},
        logging_config=_QUIET,
    )(kind)


def stack_actors(settings: StackSettings) -> list[StackActor]:
    """Create the actors; Ray restarts a process that dies, whoever calls ``run`` starts its work again."""
    knobs = read_knobs(settings.mode).actors
    bound = settings.without_owner()
    processors = [
        _actor(
            f"session_processor_{number}",
            ShardProcessor,
            knobs["session_processor"],
            ProcessorConfiguration(
                number=number,
                version=version("traceflow"),
                processor=settings.processor,
                store=bound.store,
                stream=settings.stream,
                archive=settings.archive,
                root_key_file=settings.root_key_file,
                build_starter=partial(build_starter, bound),
            ),
        )
        for number in range(settings.processor.actors)
    ]
    return [*processors, _actor("workflow_worker", WorkflowWorker, knobs["workflow_worker"], bound)]


def _actor(name: str, kind: type, knobs: ActorKnobs, configuration: object) -> StackActor:
    actor: Any = ray.remote(kind)
    options = actor.options(
        name=name, num_cpus=knobs.num_cpus, max_restarts=-1, max_concurrency=knobs.max_concurrency
    )
    return StackActor(name=name, handle=options.remote(configuration))
