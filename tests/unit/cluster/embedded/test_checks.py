import os
from pathlib import Path

import pytest

from traceflow.cluster.embedded.checks import Check, CheckInput, run_checks
from traceflow.cluster.embedded.data_dir import data_dir_at


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_what_is_well_has_a_detail_and_no_fix(tmp_path: Path) -> None:
    checks = by_name(run_checks(CheckInput(data_dir=data_dir_at(tmp_path / "d"))))

    well = [
        checks[name] for name in ("python", "postgres", "pgvector", "redis", "haproxy", "disk", "sockets")
    ]
    assert all(check.is_ok and check.detail and not check.fix for check in well), well
    assert checks["pgvector"].detail == "0.8.5"


def test_asking_makes_nothing(tmp_path: Path) -> None:
    run_checks(CheckInput(data_dir=data_dir_at(tmp_path / "d")))

    assert list(tmp_path.iterdir()) == []


def test_services_that_are_replaced_by_external_ones_are_not_asked_for(tmp_path: Path) -> None:
    external = {"postgres", "redis", "temporal"}

    names = by_name(run_checks(CheckInput(data_dir=data_dir_at(tmp_path), external=external))).keys()

    assert names.isdisjoint({*external, "pgvector", "data directory"})
    assert {"python", "memory"} <= names


@pytest.mark.parametrize("service", ["redis", "temporal"])
def test_a_configured_program_that_is_missing_is_named_with_its_fix(tmp_path: Path, service: str) -> None:
    missing = tmp_path / "missing"
    checked = CheckInput(data_dir=data_dir_at(tmp_path), redis=missing, temporal=missing)

    check = by_name(run_checks(checked))[service]

    assert not check.is_ok
    assert str(missing) in check.fix


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_a_folder_that_the_databases_user_cannot_pass_is_named_with_its_fix(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)

    check = by_name(run_checks(CheckInput(data_dir=data_dir_at(closed / "data"))))["data directory"]

    assert not check.is_ok
    assert check.fix.startswith("Run `chmod o+x ")
