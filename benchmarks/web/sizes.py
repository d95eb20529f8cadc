"""What a browser has to load: bytes by file, raw and gzipped."""

import gzip
from pathlib import Path
from typing import Any

from benchmarks.stand import ROOT

_FILES = ROOT / "serve" / "web_files"
_RRWEB = ROOT / "sdks" / "web" / "node_modules" / "@rrweb" / "record" / "dist" / "record.umd.min.cjs"
_LEVEL = 9


def bundle_sizes(sdk_loaded: set[str]) -> dict[str, Any]:
    """Return the sizes of the SDK's and the dashboard's files, and of the recorder that the SDK stands on.

    ``sdk_loaded`` are the files that a page loads where nothing is set.
    """
    sdk = {file.name: _size(file) for file in sorted((_FILES / "sdk").glob("*.js"))}
    dashboard = {
        file.name: _size(file)
        for file in sorted((_FILES / "dashboard").rglob("*"))
        if file.suffix in {".js", ".css", ".html"}
    }
    return {
        "sdk": sdk,
        "sdk_loaded": sorted(sdk_loaded),
        "sdk_loaded_gzip": sum(sdk[name]["gzip"] for name in sdk_loaded),
        "sdk_gzip": sum(size["gzip"] for size in sdk.values()),
        "rrweb_record": _size(_RRWEB),
        "dashboard": dashboard,
        "dashboard_gzip": sum(size["gzip"] for size in dashboard.values()),
    }


def _size(file: Path) -> dict[str, int]:
    content = file.read_bytes()
    return {"raw": len(content), "gzip": len(gzip.compress(content, _LEVEL))}
