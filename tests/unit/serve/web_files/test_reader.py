import gzip
from pathlib import Path

import pytest

from traceflow.serve.web_files.reader import WebFiles

CONTENT = b"body { color: black }\n" * 100


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "files"
    (root / "assets").mkdir(parents=True)
    (root / "assets" / "a.css").write_bytes(CONTENT)
    (root / "b.js").write_bytes(b"1")
    (root / "c.woff2").write_bytes(bytes(2000))
    (root / ".hidden").write_bytes(b"hidden")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    return root


def test_a_file_comes_with_its_type_its_tag_and_its_smaller_form(root: Path) -> None:
    file = WebFiles(root).find("assets/a.css")

    assert file is not None
    assert (file.content, file.content_type) == (CONTENT, "text/css; charset=utf-8")
    assert file.gzip is not None
    assert gzip.decompress(file.gzip) == CONTENT
    assert len(file.gzip) < len(CONTENT)
    assert file.etag.startswith('W/"')


def test_a_tag_names_the_content(root: Path) -> None:
    (root / "same.css").write_bytes(CONTENT)
    files = WebFiles(root)
    first, same, other = files.find("assets/a.css"), files.find("same.css"), files.find("b.js")

    assert first is not None
    assert same is not None
    assert other is not None
    assert first.etag == same.etag != other.etag


@pytest.mark.parametrize("path", ["b.js", "c.woff2"])
def test_what_gains_nothing_is_not_compressed(root: Path, path: str) -> None:
    file = WebFiles(root).find(path)

    assert file is not None
    assert file.gzip is None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        ".",
        "..",
        "../secret.txt",
        "assets/../../secret.txt",
        "assets/../b.js",
        "/b.js",
        "//b.js",
        "b.js/",
        "assets",
        "assets//a.css",
        "..\\secret.txt",
        ".hidden",
        "link.txt",
        "b.js\0",
        "x" * 5000,
        "lone\ud800",
        "nothing.js",
    ],
)
def test_nothing_is_found_but_files_within_the_folder(root: Path, path: str) -> None:
    assert WebFiles(root).find(path) is None


def test_a_file_is_read_once(root: Path) -> None:
    files = WebFiles(root)
    first = files.find("b.js")
    (root / "b.js").unlink()

    assert files.find("b.js") is first


def test_a_missing_file_is_found_once_it_is_built(tmp_path: Path) -> None:
    files = WebFiles(tmp_path / "later")
    assert files.find("index.html") is None

    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "index.html").write_bytes(b"page")

    assert files.find("index.html") is not None
