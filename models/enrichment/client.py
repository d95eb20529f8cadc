"""Hop 5. What a session was recorded on: device, browser, system, release, environment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from traceflow.models.enrichment.page_facts import PageFacts
from traceflow.models.enrichment.user_agent import browser_of, device_of, system_of

# Bootstrap's breakpoints md and lg: below the one layouts are a phone's, below the other a tablet's.
_TABLET_FROM_PX = 768
_DESKTOP_FROM_PX = 992


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A session's facts to find it by; None where not known.

    ``device`` is ``desktop``, ``tablet`` or ``mobile``; ``country`` is never known without a geolocation
    database, and none is read.
    """

    device: str | None = None
    browser: str | None = None
    os: str | None = None
    country: str | None = None
    release: str | None = None
    environment: str | None = None


UNKNOWN = Client()


def client_of(described: Iterable[PageFacts], *, viewport_width: float | None) -> Client:
    """Put together what the windows say, the earliest first; each fact is the first that is known.

    Where no window says what it runs on, the width of the first page tells the kind of device: a desktop's
    narrow window then reads as a smaller device.
    """
    facts = tuple(described)
    agents = [each.user_agent for each in facts if each.user_agent is not None]
    return Client(
        device=_first([*(each.device for each in facts), *map(device_of, agents), _by_width(viewport_width)]),
        browser=_first([*(each.browser for each in facts), *map(browser_of, agents)]),
        os=_first([*(each.os for each in facts), *map(system_of, agents)]),
        release=_first([each.release for each in facts]),
        environment=_first([each.environment for each in facts]),
    )


def _first(values: Sequence[str | None]) -> str | None:
    return next((value for value in values if value is not None), None)


def _by_width(width: float | None) -> str | None:
    # rrweb's synthetic events and tests name widths of a pixel or none, which no screen has.
    if width is None or width < 100:  # noqa: PLR2004
        return None
    if width < _TABLET_FROM_PX:
        return "mobile"
    return "tablet" if width < _DESKTOP_FROM_PX else "desktop"
