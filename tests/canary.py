"""Personal data planted in every place of a recording where it is known to hide, and the search for it.

Loaded by ``conftest.py``; what is planted never passes redaction, so any needle found behind it is a leak.
"""

import base64
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote_to_bytes

Event = dict[str, Any]
START_MS = 1_764_000_000_000
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_ESCAPE = re.compile(rb"\\+u([0-9a-fA-F]{4})")


@dataclass
class Planter:
    """Makes personal data, no two alike, and remembers what must not be seen again."""

    needles: set[bytes] = field(default_factory=set)
    normalised: set[bytes] = field(default_factory=set)
    count: int = 100

    def _next(self) -> int:
        self.count += 1
        return self.count

    def _noted(self, shown: str, *needles: str) -> str:
        self.needles.update(needle.encode() for needle in (needles or (shown,)))
        return shown

    def email(self) -> str:
        local = f"zqcanary{self._next()}"
        return self._noted(f"{local}@leaks.example", local)

    def card(self) -> str:
        return self._noted(self._card())

    def _card(self) -> str:
        body = f"49291234567{self._next():04d}"
        total = sum(sum(divmod(int(d) * (2 - i % 2), 10)) for i, d in enumerate(body))
        card = body + str(-total % 10)
        self.normalised.add(card.encode())
        return card

    def spaced_card(self) -> str:
        card = self._card()
        return self._noted(" ".join(card[i : i + 4] for i in range(0, 16, 4)))

    def wrong_card(self) -> str:
        card = self._card()
        return self._noted(card[:-1] + str((int(card[-1]) + 1) % 10))

    def phone(self) -> str:
        return self._noted(f"+49 151 2345{self._next():04d}")

    def social_security(self) -> str:
        return self._noted(f"536-22-{self._next():04d}")

    def iban(self) -> str:
        account = f"37040044053201{self._next():04d}"
        check = 98 - int(f"{account}131400") % 97
        return self._noted(f"DE{check:02d}{account}")

    def address(self) -> str:
        return self._noted(f"203.0.113.{self._next()}")

    def address_v6(self) -> str:
        return self._noted(f"2001:db8:85a3::8a2e:370:{self._next()}")

    def web_token(self) -> str:
        payload = base64.urlsafe_b64encode(f'{{"sub":"zq{self._next()}"}}'.encode()).decode().rstrip("=")
        return self._noted(f"eyJhbGciOiJIUzI1NiJ9.{payload}.c2lnbmF0dXJl", payload)

    def secret(self) -> str:
        return self._noted(f"zqSecret{self._next()}Xy")

    def typed(self) -> str:
        return self._noted(f"zqtyped{self._next()} word")

    def encoded(self, shown: str) -> str:
        return self._noted(shown)

    def base64(self, text: str) -> str:
        return self._noted(base64.b64encode(text.encode()).decode())

    def base64_url(self, text: str) -> str:
        return self._noted(base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))

    def plain_forms(self) -> list[str]:
        return [
            self.email(),
            self.card(),
            self.spaced_card(),
            self.wrong_card(),
            self.phone(),
            self.social_security(),
            self.iban(),
            self.address(),
            self.address_v6(),
            self.web_token(),
            f"Authorization: Bearer {self.secret()}",
        ]

    def hidden_forms(self) -> list[str]:
        digits = self._card()
        state = json.dumps(
            {"user": {"mail": self.email(), "password": self.secret(), "card": int(self.card())}}
        )
        return [
            self.encoded(self.email().replace("@", "%40")),
            self.encoded(self.email().replace("@", "%2540")),
            self.encoded("".join(f"%{ord(c):02X}" for c in digits)),
            self.encoded(self.email().replace("@", "&#64;")),
            self.encoded(self.email().replace("@", "&commat;")),
            self.email().replace("@", "\\u0040"),
            self.email().replace("@", "\uff20"),
            self._card().translate({48 + d: 0xFF10 + d for d in range(10)}),
            "\u200b".join(self._card()),
            self.base64(f"write to {self.email()}"),
            self.base64_url(f'{{"mail":"{self.email()}"}}'),
            self.base64(json.dumps({"state": state})),
            state,
            json.dumps({"state": json.dumps({"mail": self.email(), "note": self.phone()})}),
            f"postgres://app:{self.secret()}@db/shop?session={self.secret()}&api_key={self.secret()}",
        ]


@dataclass(frozen=True)
class Canaries:
    """A recording full of personal data, and the byte strings that must not be found behind redaction.

    ``planted`` are those of them that stand in the events as they are; the others are normalised forms.
    """

    events: list[Event]
    needles: frozenset[bytes]
    planted: frozenset[bytes]

    def found_in(self, content: bytes) -> set[bytes]:
        """Find needles in a content and in what it decodes to, two layers deep."""
        return {needle for form in _forms(content, 2) for needle in self.needles if needle in form}


def plant() -> Canaries:
    """Plant one of everything everywhere."""
    planter = Planter()
    events = [
        *_snapshot_events(planter),
        *_mutation_events(planter),
        *_input_events(planter),
        *_custom_events(planter),
        *_plugin_events(planter),
    ]
    for index, event in enumerate(events):
        event["timestamp"] = START_MS + index
    planted = frozenset(planter.needles)
    return Canaries(events, planted | planter.normalised, planted)


def _forms(content: bytes, depth: int) -> Iterator[bytes]:
    yield content
    if depth == 0:
        return
    unescaped = _ESCAPE.sub(lambda m: chr(int(m[1], 16)).encode(errors="replace"), content)
    decoded = (
        unescaped.replace(b'\\"', b'"').replace(b"\\/", b"/"),
        unquote_to_bytes(content),
        html.unescape(content.decode(errors="replace")).encode(),
        b"\n".join(_decoded_runs(content)),
    )
    for each in decoded:
        if each != content:
            yield from _forms(each, depth - 1)


def _decoded_runs(content: bytes) -> Iterator[bytes]:
    for run in _BASE64.findall(content):
        body = run.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        if len(body) % 4 != 1:
            yield base64.b64decode(body + b"=" * (-len(body) % 4))


def _node(tag: str, attributes: Event, *children: Event, **more: Any) -> Event:
    return {
        "type": 2,
        "tagName": tag,
        "attributes": attributes,
        "childNodes": list(children),
        "id": 1,
        **more,
    }


def _text(content: str) -> Event:
    return {"type": 3, "textContent": content, "id": 2}


def _snapshot_events(planter: Planter) -> list[Event]:
    attributes = (
        "href",
        "src",
        "aria-label",
        "title",
        "alt",
        "placeholder",
        "data-user",
        "content",
        "action",
    )
    body = [
        _node("p", {}, _text(f"a {form} b")) for form in (*planter.plain_forms(), *planter.hidden_forms())
    ]
    body += [_node("a", {name: f"https://shop.example/?u={planter.email()}"}) for name in attributes]
    body += [_node("a", {name: planter.spaced_card()}) for name in attributes]
    body += [_node("b", {planter.email(): "x", f"data-{planter.card()}": "y"})]
    body += [
        _node("input", {"type": kind, "value": planter.typed()})
        for kind in ("text", "hidden", "password", "email", "checkbox")
    ]
    body += [
        {"attributes": {"value": planter.typed()}, "childNodes": [], "id": 3, "tagName": "SELECT", "type": 2},
        _node("option", {"value": planter.typed(), "selected": True}),
        _node("textarea", {"value": planter.typed()}, _text(planter.typed())),
        _node("my-field", {"value": planter.typed()}),
        _node("input", {}, value=planter.typed()),
        _node("script", {}, _text(f"window.__STATE__={json.dumps({'mail': planter.email()})}")),
        _node("style", {"_cssText": f".a{{content:'{planter.email()}'}}"}),
        _node("path", {"d": f"M0 0 {planter.card()}", "style": f"--m:{planter.email()}"}),
        _node("div", {"class": f"u-{planter.email()}"}, _node("i", {}, isShadow=True), isShadowHost=True),
        _node("iframe", {"rr_src": f"https://x.example/{planter.card()}", "srcdoc": f"<p>{planter.email()}"}),
    ]
    return [
        {
            "type": 4,
            "data": {"href": f"https://shop.example/?mail={planter.email()}", "width": 1, "height": 1},
        },
        {"type": 2, "data": {"node": {"type": 0, "childNodes": body, "id": 1}, "initialOffset": {}}},
    ]


def _mutation_events(planter: Planter) -> list[Event]:
    data: Event = {
        "source": 0,
        "texts": [{"id": 4, "value": form} for form in planter.plain_forms()],
        "attributes": [
            {"id": 5, "attributes": {"value": planter.typed(), "title": planter.email()}},
            {"id": 6, "attributes": {"href": f"mailto:{planter.email()}", "style": {"x": planter.email()}}},
        ],
        "removes": [],
        "adds": [
            {"parentId": 1, "nextId": None, "node": _node("input", {"value": planter.typed()})},
            {"parentId": 1, "nextId": None, "node": _text(planter.phone())},
        ],
    }
    return [{"type": 3, "data": data}]


def _input_events(planter: Planter) -> list[Event]:
    typed = planter.typed()
    keystrokes = [typed[:length] for length in range(9, len(typed) + 1)]
    texts = [*keystrokes, planter.email(), planter.spaced_card()]
    return [{"type": 3, "data": {"source": 5, "text": text, "isChecked": False, "id": 7}} for text in texts]


def _custom_events(planter: Planter) -> list[Event]:
    payloads: list[tuple[str, Any]] = [
        ("identify", {"id": planter.email(), "email": planter.email(), "phone": planter.phone()}),
        ("track", {"properties": {planter.email(): 1, "card": int(planter.card())}}),
        (
            "error",
            {
                "name": "TypeError",
                "message": f"no user {planter.email()}",
                "stack": f"at pay (https://x.example/{planter.card()}/app.js:1:2)\n{planter.social_security()}",
                "handled": False,
            },
        ),
        ("navigation", {"from": f"/?token={planter.secret()}", "referrer": quote(planter.email())}),
        ("prompt", {"gen_ai.prompt": [{"role": "user", "content": f"I am {planter.email()}"}]}),
        ("forms", [*planter.plain_forms(), *planter.hidden_forms()]),
    ]
    events = [{"type": 5, "data": {"tag": tag, "payload": payload}} for tag, payload in payloads]
    return [*events, {"type": 42, "unknown": {"deep": [[{"er": planter.plain_forms()}]]}}]


def _plugin_events(planter: Planter) -> list[Event]:
    console = {
        "level": "log",
        "trace": [f"app.js?u={planter.email()}:1:2"],
        "payload": [json.dumps(form) for form in planter.plain_forms()],
    }
    network = {
        "requests": [
            {
                "name": f"https://x.example/?password={planter.secret()}&m={planter.email()}",
                "requestHeaders": {
                    "Authorization": planter.secret(),
                    "Cookie": f"sid={planter.secret()}",
                    "X-Api-Key": planter.secret(),
                },
                "requestBody": json.dumps({"password": planter.secret(), "mail": planter.email()}),
                "responseBody": f"mail={planter.email()}&access_token={planter.secret()}",
                "responseHeaders": {"set-cookie": [f"a={planter.secret()}", planter.secret()]},
            }
        ]
    }
    return [
        {"type": 6, "data": {"plugin": "rrweb/console@1", "payload": console}},
        {"type": 6, "data": {"plugin": "rrweb/network@1", "payload": network}},
    ]
