"""The results as tables."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table


def print_tables(document: Mapping[str, Any], console: Console) -> None:
    """Print sizes, the cost of recording, and how soon the dashboard shows things."""
    _print_sizes(document["sizes"], console)
    _print_recording(document, console)
    _print_dashboard(document, console)
    frames = Table(title="first frame of a session, ms (medians)")
    for name in ("MiB", "from its address", "from the list"):
        frames.add_column(name, justify="right")
    for size, frame in document["first_frame"].items():
        frames.add_row(size, f"{frame['from_address_ms']:.0f}", f"{frame['from_list_ms']:.0f}")
    console.print(frames)


def _print_sizes(sizes: Mapping[str, Any], console: Console) -> None:
    table = Table(title="bundles, bytes")
    table.add_column("file")
    for name in ("raw", "gzip"):
        table.add_column(name, justify="right")
    for part in ("sdk", "dashboard"):
        for name, size in sizes[part].items():
            table.add_row(f"{part}/{name}", f"{size['raw']:,}", f"{size['gzip']:,}")
        table.add_row(f"[bold]{part}, all", "", f"[bold]{sizes[f'{part}_gzip']:,}", end_section=True)
    loaded = f"sdk, loaded where nothing is set: {', '.join(sizes['sdk_loaded'])}"
    table.add_row(loaded, "", f"{sizes['sdk_loaded_gzip']:,}")
    rrweb = sizes["rrweb_record"]
    table.add_row("for comparison: @rrweb/record", f"{rrweb['raw']:,}", f"{rrweb['gzip']:,}")
    console.print(table)


def _print_recording(document: Mapping[str, Any], console: Console) -> None:
    recording = document["recording"]
    table = Table(title=f"the page's main thread, medians of {document['rounds']} rounds")
    table.add_column("recorder")
    names = {
        "start_ms": "load, ms",
        "ms_per_1000_mutations": "ms per 1,000 mutations",
        "script_ms_per_1000_mutations": "of it script",
        "long_tasks": "long tasks",
        "long_task_ms": "long tasks, ms",
    }
    for title in names.values():
        table.add_column(title, justify="right")
    for recorder, figures in recording["medians"].items():
        table.add_row(recorder, *(f"{figures[name]:.1f}" for name in names))
    for recorder, figures in recording["added"].items():
        table.add_row(f"added by {recorder}", *(f"{figures[name]:+.1f}" for name in names))
    ratios = recording["added_ratio_to_rrweb"]
    shown = (f"{ratios[name]:.2f}" if ratios.get(name) is not None else "" for name in names)
    table.add_row("added, TraceFlow over rrweb alone", *shown)
    console.print(table)


def _print_dashboard(document: Mapping[str, Any], console: Console) -> None:
    table = Table(title=f"dashboard with {document['sessions']} sessions, nothing cached (medians)")
    table.add_column("page")
    for name in ("FCP", "LCP", "TBT", "CLS", "shown", "interactive", "KB"):
        table.add_column(name, justify="right")
    for path, load in document["dashboard"].items():
        table.add_row(
            path,
            f"{load['first_contentful_paint_ms']:.0f}",
            f"{load['largest_contentful_paint_ms']:.0f}",
            f"{load['total_blocking_ms']:.0f}",
            f"{load['cumulative_layout_shift']:.3f}",
            f"{load['shown_ms']:.0f}",
            f"{load['interactive_ms']:.0f}",
            f"{load['transferred_bytes'] / 1024:.0f}",
        )
    console.print(table)
