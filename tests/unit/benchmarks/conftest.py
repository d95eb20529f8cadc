import importlib.util
import sys
from pathlib import Path

_FOLDER = Path(__file__).parents[3] / "benchmarks"


def _make_importable() -> None:
    # benchmarks/ is not installed, and the tests run isolated from the folder they are started in.
    spec = importlib.util.spec_from_file_location(
        "benchmarks", _FOLDER / "__init__.py", submodule_search_locations=[str(_FOLDER)]
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules["benchmarks"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


_make_importable()
