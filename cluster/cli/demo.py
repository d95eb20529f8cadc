"""``traceflow demo``: the story of one session, from a recording to an insight that cites it."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from traceflow.cluster.cli.console import DataDirOption, open_data_dir, program, progress, results
from traceflow.cluster.cli.ingest import segment_document
from traceflow.cluster.cli.sign_in import make_sign_in_url
from traceflow.cluster.cli.up import PortOption, await_ready, script_tag, start_detached
from traceflow.cluster.client.api_client import ApiClient, Evidence, Insight, Session, Signal
from traceflow.cluster.client.segment_sender import SegmentSender
from traceflow.cluster.demo.live_visit import find_browser, visit_live
from traceflow.cluster.demo.visit import CALM, STRUGGLE, load_visit
from traceflow.cluster.embedded.data_dir import DataDir
from traceflow.cluster.embedded.stack_state import read_state, supervisor_of
from traceflow.cluster.stack_keys import DEFAULT_PROJECT, key_of, read_keys
from traceflow.models.errors import Unavailable
from traceflow.models.recording.segmentation import CutSegment

# A minute's visit takes three seconds.
_PACE = 20.0
_TIMEOUT_S = 60.0


class Visit(StrEnum):
    """Where the visit that struggles comes from."""

    AUTO = "auto"
    LIVE = "live"
    RECORDED = "recorded"


VisitOption = Annotated[
    Visit,
    typer.Option("--visit", help="Visit the shop now in a headless Chromium, or send the bundled recording."),
]


def demo(data_dir: DataDirOption = None, port: PortOption = None, visit: VisitOption = Visit.AUTO) -> None:
    """Start the stack if none runs, visit a shop as two people do, and tell what was found."""
    place = open_data_dir(data_dir)
    browser = _browser(visit)
    if supervisor_of(place) is None:
        start_detached(place, port=port)
    else:
        await_ready(place, None)
    url = _url(place)
    struggle, calm = asyncio.run(_make_visits(url, key_of(place, "ingest_key"), browser))
    api = ApiClient(url=url, key=key_of(place, "read_key"))
    console = results()
    console.print(_origin(browser))
    try:
        with progress().status("the sessions are stored, scored and analysed"):
            session = api.await_closed(struggle, timeout_s=_TIMEOUT_S)
            insight = api.await_insight(struggle, timeout_s=_TIMEOUT_S)
            quiet = api.await_closed(calm, timeout_s=_TIMEOUT_S)
        _tell(console, session, api.signals(struggle), insight)
        _tell_calm(console, quiet, api.signals(calm))
    finally:
        api.close()
    _tell_more(console, place, url, struggle, moment_ms=_first_cited(session, insight))


def _url(place: DataDir) -> str:
    state = read_state(place)
    if state is None:
        raise Unavailable(f"the stack in {place.path} has just stopped")
    return state.url


def _browser(visit: Visit) -> Path | None:
    if visit is Visit.RECORDED:
        return None
    browser = find_browser()
    if browser is None and visit is Visit.LIVE:
        raise Unavailable("no Chromium that can be driven: apt-get install chromium, pip install playwright")
    return browser


def _origin(browser: Path | None) -> str:
    if browser is None:
        return "The visits are the bundled recordings (no Chromium that can be driven was asked for or found)"
    return f"The first visit was made just now, in {browser}; the second is a bundled recording"


async def _make_visits(url: str, key: str, browser: Path | None) -> tuple[str, str]:
    sender = SegmentSender(url=url, key=key)
    with Progress(console=progress(), transient=True) as bar:
        try:
            # Side by side, as two visitors are; the first refusal is the command's.
            struggle, calm = await asyncio.gather(
                _send(sender, STRUGGLE, bar) if browser is None else _visit(browser, url, key, bar),
                _send(sender, CALM, bar),
            )
        finally:
            await sender.close()
    return struggle, calm


async def _visit(browser: Path, url: str, key: str, bar: Progress) -> str:
    task = bar.add_task("visiting the shop (about 30 s)", total=None)
    session_id = await visit_live(browser, url=url, ingest_key=key)
    bar.remove_task(task)
    return session_id


async def _send(sender: SegmentSender, name: str, bar: Progress) -> str:
    session_id = f"demo-{name}-{secrets.token_hex(4)}"
    await _replay(sender, session_id, load_visit(name, ends_at_ms=time.time_ns() // 1_000_000), bar)
    return session_id


async def _replay(
    sender: SegmentSender, session_id: str, segments: Sequence[CutSegment], bar: Progress
) -> None:
    """Send the segments at their own times, sped up, as the browser would have."""
    task = bar.add_task(f"sending {session_id}", total=len(segments))
    started_s, first_ms = time.monotonic(), segments[0].last_ms
    for segment in segments:
        due_s = started_s + (segment.last_ms - first_ms) / 1000 / _PACE
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        await sender.send(session_id, segment_document(segment))
        bar.advance(task)


def _tell(console: Console, session: Session, signals: Sequence[Signal], insight: Insight) -> None:
    started_at_ms = session.started_at_ms or 0
    began = datetime.fromtimestamp(started_at_ms / 1000, UTC)
    console.rule(f"[bold]{session.session_id}")
    console.print(
        f"A visit of {(session.duration_ms or 0) / 1000:.0f} s, begun {began:%Y-%m-%d %H:%M:%S} UTC: "
        f"{session.events} events, {session.errors} error(s), {len(session.pages)} pages"
    )
    for page in session.pages:
        console.print(f"  {page}", markup=False)
    masked = ", ".join(f"{kind} {count}" for kind, count in sorted(session.masked.items()))
    console.print(f"Masked before anything was stored: {masked}")
    console.print("\n[bold]Signals[/]")
    for signal in signals:
        moment = _clock(signal.at_ms, started_at_ms)
        console.print(f"  {moment}  {signal.kind:<16} {signal.reason}", markup=False)
    _tell_score(console, session)
    console.print(f"\n[bold]Insight[/] (by {insight.provider})")
    console.print(f"  {insight.summary}", markup=False)
    for finding in insight.findings:
        console.print(f"  - {finding.text}", markup=False)
        for evidence in finding.evidence:
            console.print(f"      {_place(evidence, started_at_ms)}", style="dim", markup=False)


def _tell_score(console: Console, session: Session) -> None:
    console.print(f"\n[bold]Frustration score {session.frustration.score:.0f}[/] of 100")
    table = Table(box=None, show_header=False, pad_edge=False)
    for part in session.frustration.parts:
        table.add_row("  ", part.kind, f"{part.count} x", f"= {part.points:.0f} points")
    console.print(table)


def _tell_calm(console: Console, session: Session, signals: Sequence[Signal]) -> None:
    console.rule(f"[bold]{session.session_id}")
    console.print(
        f"A visit without struggle: {session.events} events, {len(signals)} signals, "
        f"frustration score {session.frustration.score:.0f}"
    )


def _first_cited(session: Session, insight: Insight) -> int:
    """Return the first cited moment, in milliseconds since the session began."""
    cited = [evidence.at_ms for finding in insight.findings for evidence in finding.evidence]
    return max(0, min(cited, default=0) - (session.started_at_ms or 0))


def _tell_more(console: Console, place: DataDir, url: str, session_id: str, *, moment_ms: int) -> None:
    keys = read_keys(place)
    page = f"/p/{DEFAULT_PROJECT}/sessions/{session_id}?t={moment_ms}"
    console.rule("[bold]Watch it")
    console.print(f"  {make_sign_in_url(place, page=page)}", markup=False, soft_wrap=True, style="bold")
    console.print("  opens the session at the first cited moment; it signs you in, once, within 15 minutes")
    console.rule("[bold]Try more")
    console.print("  a page of your own, recorded: put this into its <head>", markup=False)
    console.print(f"  {script_tag(url, keys.get('ingest_key', ''))}", markup=False, soft_wrap=True)
    console.print(
        f"  API        {url}/api/v1/sessions   (OpenAPI: {url}/api/v1/openapi.json)",
        markup=False,
        soft_wrap=True,
    )
    for name in ("ingest_key", "read_key", "admin_key"):
        console.print(f"  {name:<10} {keys.get(name, 'revoked')}", markup=False, soft_wrap=True)
    console.print(
        f"  curl -s -H 'Authorization: Bearer {keys.get('read_key', '')}' "
        f"{url}/api/v1/sessions/{session_id}/insights",
        markup=False,
        soft_wrap=True,
    )
    console.print(
        f"  The stack goes on; stop it with: {program()} down --data-dir {place.path}",
        markup=False,
        soft_wrap=True,
    )


def _clock(at_ms: int, started_at_ms: int) -> str:
    seconds, milliseconds = divmod(max(0, at_ms - started_at_ms), 1000)
    return f"{seconds // 60:02d}:{seconds % 60:02d}.{milliseconds:03d}"


def _place(evidence: Evidence, started_at_ms: int) -> str:
    return (
        f"at {_clock(evidence.at_ms, started_at_ms)}: window {evidence.window_id}, "
        f"segment {evidence.segment_id}, event {evidence.event_index}"
    )
