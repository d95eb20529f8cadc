"""Hop 5. The events of a recording that become rows of their own."""

from collections.abc import Sequence

from traceflow.models.detection.moment import (
    ClickNamed,
    CustomSent,
    ErrorRaised,
    Moment,
    PageDescribed,
    PageShown,
)
from traceflow.models.session.facts import ErrorSeen, NotableEvent


def notable_events(moments: Sequence[Moment]) -> tuple[NotableEvent, ...]:
    """Return page views, errors and custom events in their order.

    A recorder repeats the page's address with every further snapshot: the same address twice in a row
    is one page view. What the SDK says about clicks and about the page itself is no event of the visit.
    """
    found: list[NotableEvent] = []
    href = ""
    for moment in moments:
        if isinstance(moment, PageShown):
            if moment.href and moment.href != href:
                kind = "page_view" if moment.origin == "meta" else "navigation"
                found.append(NotableEvent(kind=kind, name=moment.href, evidence=moment.evidence))
            href = moment.href or href
        elif isinstance(moment, ErrorRaised):
            found.append(_error(moment))
        elif isinstance(moment, ClickNamed | PageDescribed):
            continue
        elif isinstance(moment, CustomSent) and moment.tag:
            found.append(NotableEvent(kind=moment.tag, name=moment.name, evidence=moment.evidence))
    return tuple(found)


def _error(moment: ErrorRaised) -> ErrorSeen:
    return ErrorSeen(
        kind="error",
        name=moment.message or moment.name,
        evidence=moment.evidence,
        error_name=moment.name,
        message=moment.message,
    )
