from traceflow.cluster.knobs import read_knobs


def test_every_deployment_and_actor_of_the_wiring_has_its_knobs() -> None:
    knobs = read_knobs("development")

    assert set(knobs.deployments) == {"ingest", "api", "neurorouter"}
    assert set(knobs.actors) == {"session_processor", "workflow_worker"}


def test_the_api_has_room_beside_every_listener_of_the_feed() -> None:
    assert read_knobs("development").deployments["api"].max_ongoing_requests > 2 * 64
