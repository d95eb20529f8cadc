"""Records twenty pages with the SDK, in Chromium, and proves of each that nothing is lost, altered or told.

Exit code 1 where one fails. ``python -m tools.record_pages --help``
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Error as BrowserError
from rich.console import Console

from tools.record_pages.chromium import open_chromium
from tools.record_pages.plan import PAGES, VISITS
from tools.record_pages.record import PageResult, Stage, record
from tools.record_pages.report import as_document, print_table
from tools.record_pages.site import REPLAYER, open_site
from tools.record_pages.stack import RunningStack, stack_at
from tools.record_pages.tap import open_tap
from tools.record_pages.traces import find_traces, make_persons
from traceflow.cluster.cli.up import script_tag


def prove(stack: RunningStack, pages: Sequence[str], console: Console) -> list[PageResult]:
    """Visit the pages one after another, then search for all that was typed."""
    persons = make_persons(pages)
    results = []
    with open_tap(stack.url) as tap:
        tag = script_tag(tap.url, stack.ingest_key)
        with open_site(PAGES, tag=tag) as site, open_chromium() as browser:
            stage = Stage(browser=browser, site=site, tap=tap, stack=stack)
            for number, page in enumerate(pages, start=1):
                with console.status(f"{page} ({number} of {len(pages)})"):
                    results.append(_recorded(stage, page, persons[page]))
    with console.status("searching everything for what was typed"):
        traces = find_traces(stack, [result.session_id for result in results if result.session_id], persons)
    return [replace(result, leaks=tuple(traces.get(result.page, ()))) for result in results]


def _recorded(stage: Stage, page: str, person: object) -> PageResult:
    try:
        return record(stage, page, VISITS[page], person)
    except (BrowserError, AssertionError) as error:
        return PageResult(page=page, failure=f"the visit failed: {error}")


def main() -> int:
    """Record, print, judge."""
    parser = argparse.ArgumentParser(prog="python -m tools.record_pages", description=__doc__)
    parser.add_argument("--data-dir", type=Path, help="of a stack that goes on; else one is made and removed")
    parser.add_argument(
        "--only", action="append", choices=sorted(VISITS), metavar="PAGE", help="may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="print all that was found as JSON")
    arguments = parser.parse_args()
    if not REPLAYER.is_dir():
        parser.exit(1, "the dashboard's player is missing: make web\n")
    # Where nobody watches, rich would fold the table into 80 columns.
    console = Console(width=None if sys.stderr.isatty() else 150, stderr=arguments.json)
    with stack_at(arguments.data_dir) as stack:
        results = prove(stack, arguments.only or list(VISITS), console)
    print_table(results, console)
    document = as_document(results)
    if arguments.json:
        print(json.dumps(document, indent=1, ensure_ascii=False))
    return 0 if document["is_good"] else 1


if __name__ == "__main__":
    sys.exit(main())
