import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rich.console import Console

from traceflow.cluster.binaries import services
from traceflow.cluster.binaries.build import build
from traceflow.cluster.binaries.recipe import TEMPORAL
from traceflow.cluster.binaries.services import main, provide_minio, provide_temporal
from traceflow.models.errors import Misconfigured

# Stands in for `go install`: it writes down that it ran, and leaves a program where GOBIN says.
GO = """#!/bin/sh
if [ "$1" = version ]; then echo 'go version go1.26.0 linux/amd64'; exit 0; fi
echo "$@" >> {diary}
echo 'compiling things'
sleep 0.2
printf '#!/bin/sh\\necho built\\n' > "$GOBIN/{name}"
chmod 755 "$GOBIN/{name}"
"""
BROKEN_GO = """#!/bin/sh
if [ "$1" = version ]; then echo 'go version go1.26.0 linux/amd64'; exit 0; fi
echo 'dial tcp: lookup modules.example: no such host'
exit 1
"""


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    return tmp_path / "diary"


def make_go(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    go = folder / "go"
    go.write_text(text)
    go.chmod(0o755)
    return go


def only_path(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_a_missing_program_is_built_once_at_its_pinned_version(
    tmp_path: Path, diary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_path(monkeypatch, make_go(tmp_path / "go", GO.format(diary=diary, name="minio")).parent)
    console = Console(file=io.StringIO())

    built = [provide_minio(cache=tmp_path / "cache", console=console) for _ in range(2)]

    assert built == [tmp_path / "cache" / "minio"] * 2
    assert diary.read_text().splitlines() == [
        "install -v -ldflags=-s -w github.com/minio/minio@v0.0.0-20250907161309-07c3a429bfed"
    ]


def test_two_that_build_at_once_build_one(tmp_path: Path, diary: Path) -> None:
    go = make_go(tmp_path / "go", GO.format(diary=diary, name="temporal"))
    lines: list[str] = []

    with ThreadPoolExecutor(2) as pool:
        built = list(
            pool.map(
                lambda _: build(TEMPORAL, go=go, cache=tmp_path / "cache", on_line=lines.append), range(2)
            )
        )

    assert built == [tmp_path / "cache" / "temporal"] * 2
    assert len(diary.read_text().splitlines()) == 1
    assert lines == ["compiling things"]


def test_a_build_that_fails_says_what_go_said_and_leaves_nothing(tmp_path: Path) -> None:
    go = make_go(tmp_path / "go", BROKEN_GO)

    with pytest.raises(Misconfigured, match="no such host"):
        build(TEMPORAL, go=go, cache=tmp_path / "cache", on_line=lambda _: None)

    assert not any(entry for entry in (tmp_path / "cache").iterdir() if entry.suffix != ".lock")


def test_where_the_build_fails_temporals_own_download_is_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_path(monkeypatch, make_go(tmp_path / "go", BROKEN_GO).parent)
    said = io.StringIO()
    monkeypatch.setattr(services, "download_temporal", lambda *, cache: cache / "temporal")

    provided = provide_temporal(cache=tmp_path / "cache", console=Console(file=said, width=200))

    assert provided == tmp_path / "cache" / "temporal"
    assert "no such host" in said.getvalue()


def test_minio_without_go_is_named_with_its_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "find_go", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Misconfigured, match=r"no Go 1\.25 .*: install Go, or put `minio` on PATH"):
        provide_minio(cache=tmp_path / "cache")


@pytest.mark.parametrize(("names", "code"), [([], 2), (["nope"], 2), (["redis"], 0)])
def test_the_exit_code_tells_wrong_use_from_done(names: list[str], code: int) -> None:
    assert main(names) == code


def test_the_exit_code_tells_that_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> Path:
        raise Misconfigured("install it")

    monkeypatch.setattr(services, "PROVIDERS", {"redis": missing})

    assert main(["redis"]) == 1
    assert "install it" in capsys.readouterr().err
