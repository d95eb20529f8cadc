"""Compares how a page looked in the end with how its replay does; masked and blocked parts by rule."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

DESCRIBE = Path(__file__).with_name("end_state.js").read_text()

_TOKEN = re.compile(r"\[[A-Z][A-Z0-9_]*:[A-Z2-7]{16}\]")
# A filler is no value that these could show, and a select shows none of its options.
_CANNOT_SHOW_A_FILLER = frozenset(
    {"number", "date", "time", "month", "week", "datetime-local", "range", "color", "file", "hidden"}
    | {"select-one", "select-multiple"}
)
_HAS_STATE = frozenset({"checkbox", "radio"})
_SCROLL_PX = 1.5
# Of fields always, of others where a script wrote it while the page was recorded.
_MASKED_ATTRIBUTE = re.compile(
    r"title|aria-(?:label|description|placeholder|value.*|roledescription)|data-.*"
)

Node = Mapping[str, Any]


def count_nodes(node: Node) -> int:
    """Count the elements and texts that are compared."""
    return 1 + sum(count_nodes(child) for child in _below(node))


def differences(page: Node, replay: Node, *, path: str = "") -> Iterator[str]:
    """Yield, in words, all that differs; nothing where the replay ends as the page did."""
    if "text" in page or "text" in replay:
        yield from _text_differences(page, replay, path)
        return
    path = f"{path}/{page['tag']}"
    if page["tag"] != replay["tag"]:
        yield f"{path}: replayed as {replay['tag']}"
        return
    if page.get("blocked"):
        return
    yield from _own_differences(page, replay, path)
    yield from _children_differences(page["children"], replay["children"], page, path)
    for part in ("shadow",):
        yield from _children_differences(page.get(part, ()), replay.get(part, ()), page, f"{path}#{part}")
    if ("frame" in page) != ("frame" in replay):
        yield f"{path}: only one of the two has a document in the frame"
    elif "frame" in page:
        yield from differences(page["frame"], replay["frame"], path=f"{path}#frame")


def says_the_same(page: str, replay: str, *, masked: bool = False) -> bool:
    """Tell whether a replayed text is the page's, where tokens stand for what was personal."""
    if page == replay:
        return True
    if masked:
        return len(page) == len(replay) and all(
            shown in {"*", was} for was, shown in zip(page, replay, strict=True)
        )
    if not _TOKEN.search(replay):
        return False
    pattern = ".+".join(re.escape(part) for part in _TOKEN.split(replay))
    return re.fullmatch(pattern, page, re.DOTALL) is not None


def _below(node: Node) -> Sequence[Node]:
    frame = [node["frame"]] if "frame" in node else []
    return [*node.get("children", ()), *node.get("shadow", ()), *frame]


def _text_differences(page: Node, replay: Node, path: str) -> Iterator[str]:
    was, shown = page.get("text", page.get("tag", "")), replay.get("text", replay.get("tag", ""))
    if not says_the_same(was, shown, masked=bool(page.get("masked"))):
        yield f"{path}: text {_short(was)} replayed as {_short(shown)}"


def _own_differences(page: Node, replay: Node, path: str) -> Iterator[str]:
    names = page["attributes"].keys() | replay["attributes"].keys()
    for name in sorted(names):
        was, shown = page["attributes"].get(name), replay["attributes"].get(name)
        masked = bool(_MASKED_ATTRIBUTE.fullmatch(name))
        if was is None or shown is None or not says_the_same(was, shown, masked=masked):
            yield f"{path}: {name} {_short(was)} replayed as {_short(shown)}"
    for name in ("looks", "paused", "sheets"):
        if page.get(name) != replay.get(name):
            yield f"{path}: {name} {_short(page.get(name))} replayed as {_short(replay.get(name))}"
    scrolls = zip(page.get("scroll", (0, 0)), replay.get("scroll", (0, 0)), strict=True)
    if any(abs(was - shown) > _SCROLL_PX for was, shown in scrolls):
        yield f"{path}: scrolled to {page.get('scroll')}, replayed to {replay.get('scroll')}"
    if "kind" in page and not _shows_the_same(page, replay):
        yield f"{path}: {page['kind']} {_short(page['value'])} {page['checked']} replayed as " + (
            f"{_short(replay.get('value'))} {replay.get('checked')}"
        )


def _shows_the_same(page: Node, replay: Node) -> bool:
    """Tell whether a field shows the same, or as many fillers as characters were typed."""
    if page["kind"] in _HAS_STATE:
        return not replay.get("checked")
    if page["kind"] in _CANNOT_SHOW_A_FILLER or page["ignored"]:
        return True
    was, shown = page["value"], replay.get("value", "")
    return was == shown or (len(was) == len(shown) and set(shown) <= set("*\n "))


def _children_differences(
    page: Sequence[Node], replay: Sequence[Node], parent: Node, path: str
) -> Iterator[str]:
    if len(page) != len(replay):
        yield f"{path}: {len(page)} children replayed as {len(replay)}"
        return
    for index, (was, shown) in enumerate(zip(page, replay, strict=True)):
        told = {**was, "masked": was.get("masked") or parent.get("masked")}
        yield from differences(told, shown, path=f"{path}[{index}]")


def _short(value: object) -> str:
    words = repr(value)
    return words if len(words) <= 80 else f"{words[:77]}…"
