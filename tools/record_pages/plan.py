"""Which visit belongs to which page."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tools.record_pages import more_visits, visits
from tools.record_pages.hand import Hand

PAGES = Path(__file__).parent / "pages"

VISITS: Mapping[str, Callable[[Hand], None]] = {
    "orders": visits.orders,
    "travel": visits.travel,
    "dialogs": visits.dialogs,
    "sketch": visits.sketch,
    "video": visits.video,
    "insurance": visits.insurance,
    "kanban": visits.kanban,
    "parts": visits.parts,
    "components": visits.components,
    "booking": visits.booking,
    "editor": more_visits.editor,
    "motion": more_visits.motion,
    "feed": more_visits.feed,
    "charts": more_visits.charts,
    "help": more_visits.helping,
    "calendar": more_visits.calendar,
    "upload": more_visits.upload,
    "map": more_visits.mapping,
    "chat": more_visits.chat,
    "broken": more_visits.broken,
}
