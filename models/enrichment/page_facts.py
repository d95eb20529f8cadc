"""Hop 5. What the SDK says about the page it runs in: the custom event ``page_facts``, read leniently."""

from dataclasses import dataclass

from msgspec import DecodeError, Struct, json as msgspec_json

_LONGEST_NAME = 64
_LONGEST_RELEASE = 200
_LONGEST_AGENT = 512
_DEVICES = frozenset({"desktop", "tablet", "mobile"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """The facts that sessions are found by; None for what the SDK did not say, or said in another shape.

    ``browser`` and ``os`` are names without their versions: a menu of every version helps nobody.
    """

    device: str | None = None
    browser: str | None = None
    os: str | None = None
    release: str | None = None
    environment: str | None = None
    user_agent: str | None = None


class _WireFacts(Struct, frozen=True, gc=False):
    device: object = None
    browser: object = None
    os: object = None
    release: object = None
    environment: object = None
    user_agent: object = None


_FACTS = msgspec_json.Decoder(_WireFacts)


def read_page_facts(payload: bytes) -> PageFacts:
    """Read the payload of a ``page_facts`` event; what cannot be read is not known."""
    try:
        wire = _FACTS.decode(payload)
    except (DecodeError, ValueError, RecursionError):
        return PageFacts()
    device = _text(wire.device, longest=_LONGEST_NAME)
    return PageFacts(
        device=device.lower() if device is not None and device.lower() in _DEVICES else None,
        browser=_named(wire.browser),
        os=_named(wire.os),
        release=_text(wire.release, longest=_LONGEST_RELEASE),
        environment=_text(wire.environment, longest=_LONGEST_NAME),
        user_agent=_text(wire.user_agent, longest=_LONGEST_AGENT),
    )


def _named(value: object) -> str | None:
    """Return the name of ``{"name", "version"}``, or a name that stands alone."""
    name = value.get("name") if isinstance(value, dict) else value
    return _text(name, longest=_LONGEST_NAME)


def _text(value: object, *, longest: int) -> str | None:
    if not isinstance(value, str):
        return None
    # A name of nothing but blanks is none, and PostgreSQL keeps no NUL.
    return " ".join(value.replace("\x00", "").split())[:longest].strip() or None
