"""What recording costs a page's main thread: without a recorder, with rrweb alone, with the SDK."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page
from tools.record_pages.loopback import QuietHandler, serving
from tools.record_pages.site import open_site

from benchmarks.stand import ROOT

_WORKLOAD = Path(__file__).with_name("workload.html")
_SDK = ROOT / "serve" / "web_files" / "sdk"
_RRWEB = ROOT / "sdks" / "web" / "node_modules" / "@rrweb" / "record" / "dist" / "record.umd.min.cjs"
_MUTATIONS = 5_000
_WARM_UP = 1_000
# Beyond the 5 s after which the SDK sends, so that packing and sending are in the picture.
_SEND_MS = 6_000
_START_MS = 2_500
_TIMES = ("start_ms", "ms_per_1000_mutations", "script_ms_per_1000_mutations")


class Recorder(StrEnum):
    """What records."""

    NONE = "no recorder"
    RRWEB = "rrweb alone"
    SDK = "TraceFlow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One page's main thread: busy milliseconds, and tasks of 50 ms or more."""

    recorder: Recorder
    start_ms: float
    ms_per_1000_mutations: float
    script_ms_per_1000_mutations: float
    long_tasks: int
    long_task_ms: float


def measure_recording(browser: Browser, *, rounds: int) -> tuple[list[Cost], set[str]]:
    """Measure the three in turn, the first moving on from round to round.

    Return the costs, and the names of the SDK's files that the page loaded.
    """
    recorders = list(Recorder)
    costs: list[Cost] = []
    loaded: set[str] = set()
    with _sink(loaded) as sink, _tags(sink) as sites:
        for number in range(rounds):
            first = number % len(recorders)
            turns = (*recorders[first:], *recorders[:first])
            costs += [_measure(browser, sites[recorder], recorder) for recorder in turns]
    return costs, loaded


def recording_figures(costs: list[Cost]) -> dict[str, Any]:
    """Return medians by recorder, and what a recorder adds, as a ratio of what rrweb alone adds."""
    names = (*_TIMES, "long_tasks", "long_task_ms")
    medians = {
        str(recorder): {
            name: median(getattr(cost, name) for cost in costs if cost.recorder is recorder) for name in names
        }
        for recorder in Recorder
    }
    bare = medians[str(Recorder.NONE)]
    added = {
        str(recorder): {name: medians[str(recorder)][name] - bare[name] for name in names}
        for recorder in (Recorder.RRWEB, Recorder.SDK)
    }
    ours, theirs = added[str(Recorder.SDK)], added[str(Recorder.RRWEB)]
    ratios = {name: ours[name] / theirs[name] if theirs[name] > 0 else None for name in _TIMES}
    return {"medians": medians, "added": added, "added_ratio_to_rrweb": ratios}


def _measure(browser: Browser, url: str, recorder: Recorder) -> Cost:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        metrics = context.new_cdp_session(page)
        metrics.send("Performance.enable")
        page.goto(url)
        page.wait_for_timeout(_START_MS)
        start_ms = _busy_ms(metrics)["TaskDuration"]
        page.evaluate("(count) => mutate(count)", _WARM_UP)
        page.wait_for_timeout(_SEND_MS)
        return _under_load(page, metrics, recorder, start_ms=start_ms)
    finally:
        context.close()


def _under_load(page: Page, metrics: CDPSession, recorder: Recorder, *, start_ms: float) -> Cost:
    before = _busy_ms(metrics)
    page.evaluate("() => { longTasks.length = 0; }")
    page.evaluate("(count) => mutate(count)", _MUTATIONS)
    page.wait_for_timeout(_SEND_MS)
    after = _busy_ms(metrics)
    tasks = page.evaluate("() => longTasks")
    thousands = _MUTATIONS / 1000
    return Cost(
        recorder=recorder,
        start_ms=start_ms,
        ms_per_1000_mutations=(after["TaskDuration"] - before["TaskDuration"]) / thousands,
        script_ms_per_1000_mutations=(after["ScriptDuration"] - before["ScriptDuration"]) / thousands,
        long_tasks=len(tasks),
        long_task_ms=sum(duration for _, duration in tasks),
    )


def _busy_ms(session: CDPSession) -> dict[str, float]:
    told = session.send("Performance.getMetrics")["metrics"]
    return {metric["name"]: metric["value"] * 1000 for metric in told if metric["name"].endswith("Duration")}


class _Sink(QuietHandler):
    """Serves the SDK's files and accepts every segment at once: no server's work is in the picture."""

    loaded: set[str]

    def answer(self) -> None:
        self.read_body()
        if self.command == "GET":
            name = self.path.partition("?")[0].rpartition("/")[2]
            file = _SDK / ("traceflow.js" if name == "sdk.js" else name)
            found = file.is_file()
            self.loaded.add(file.name)
            self._send(200 if found else 404, file.read_bytes() if found else b"", "text/javascript")
        elif self.command == "OPTIONS":
            self._send(204, b"", "text/plain")
        else:
            self._send(202, b'{"outcome": "accepted"}', "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("access-control-allow-origin", "*")
        self.send_header("access-control-allow-headers", "authorization, content-type, content-encoding")
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def _sink(loaded: set[str]) -> Iterator[str]:
    class Sink(_Sink):
        pass

    Sink.loaded = loaded
    with serving(Sink) as port:
        yield f"http://localhost:{port}"


@contextmanager
def _tags(sink: str) -> Iterator[dict[Recorder, str]]:
    """Serve the workload three times, each with another tag in its head."""
    place = Path(tempfile.mkdtemp(prefix="tf-bench-web-"))
    shutil.copy(_WORKLOAD, place / "index.html")
    shutil.copy(_RRWEB, place / "rrweb.js")
    start = "rrwebRecord.record({ emit: (event) => kept.push(event), maskAllInputs: true })"
    start = f"window.kept = []; addEventListener('DOMContentLoaded', () => {start});"
    rrweb = f"<script src='/rrweb.js'></script><script>{start}</script>"
    sdk = f'<script async src="{sink}/ingest/v1/sdk.js" data-key="tf_ingest_{"a" * 12}_{"b" * 43}"></script>'
    try:
        with (
            open_site(place) as bare,
            open_site(place, tag=rrweb) as alone,
            open_site(place, tag=sdk) as ours,
        ):
            yield {Recorder.NONE: bare.url, Recorder.RRWEB: alone.url, Recorder.SDK: ours.url}
    finally:
        shutil.rmtree(place)
