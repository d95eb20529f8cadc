"""Hop 3, the pass itself: one walk over a JSON text that checks it, redacts its strings and finds its inputs.

It never loads and dumps: what is not replaced stays as it was written. No recursion but into JSON within
strings, whose depth is bounded.
"""

import re
from typing import Final, Literal

from traceflow.models.json_span import SCALAR, SPACE, STRING, decode_string
from traceflow.models.redaction.inputs import Facts, Span, leaves, mask_edits
from traceflow.models.redaction.label import is_card
from traceflow.models.redaction.name import Role, role_of
from traceflow.models.redaction.number import MIN_DIGITS
from traceflow.models.redaction.splice import Edit, merge_spans, outside
from traceflow.models.redaction.text import Redacted, TextRedactor
from traceflow.models.redaction.token import TOKEN, Tokenizer

# Numbers that no rule looks at, under plain short names that no rule looks at: taken in one match.
_DULL_NUMBER: Final = r"-?(?:0|[1-9][0-9]{0,11}+|1[0-9]{12})(?:\.[0-9]{1,20}+)?"
_DULL_MEMBERS: Final = (
    rf'(?:{SPACE}"(?!(?i:source|value|text|traits|identifiedid)")[A-Za-z_]{{1,12}}"{SPACE}:{SPACE}'
    rf"(?:{_DULL_NUMBER}|true|false|null){SPACE},)*+"
)
_DULL_ITEMS: Final = rf"(?:{SPACE}{_DULL_NUMBER}{SPACE},)*+"

# Groups: 1 key, 2 string, 3 what follows it, 4 scalar, 5 what follows it, 6 an opening bracket.
_MEMBER: Final = re.compile(
    rf"{_DULL_MEMBERS}{SPACE}{STRING}{SPACE}:{SPACE}"
    rf"(?:{STRING}{SPACE}([,}}])|{SCALAR}{SPACE}([,}}])|([{{\[]))"
)
_ITEM: Final = re.compile(
    rf"()(?:{_DULL_ITEMS}{SPACE}(?:{STRING}{SPACE}([,\]])|{SCALAR}{SPACE}([,\]])|([{{\[])))"
)
_ROOT: Final = re.compile(rf"(){SPACE}(?:{STRING}{SPACE}(\Z)|{SCALAR}{SPACE}(\Z)|([{{\[]))")
_TAIL: Final = re.compile(rf"{SPACE}([,}}\]]|\Z)")
_STRING, _SCALAR = 3, 5

_NUMBER: Final = re.compile(r"-?([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,4}))?")
_SHORTEST: Final = 5  # characters that the shortest shape (an IPv6 address) has at least
_CARD_SCALAR: Final = 13
_CARD_DIGITS_MAX: Final = 19
_EVENT_DEPTH: Final = 2  # the array of events, and the event

# Tags that take no part in any rule: they need no note.
_PLAIN_TAGS: Final = frozenset(
    (  # noqa: SIM905 - one tag a line says nothing that this does not
        "a abbr article aside b body br canvas circle code dd defs div dl dt em fieldset figure footer form "
        "g h1 h2 h3 h4 h5 h6 head header hr html i iframe img label legend line link main meta nav noscript "
        "ol p path picture polygon polyline pre rect script section small source span strong style sub "
        "summary sup svg table tbody td tfoot th thead time title tr u ul use video"
    ).split()
)

_UNSEEN: Final = Redacted("", ())

WholeKind = Literal["ID", "TRAIT"]
# Whether it is an object, the role of the member that holds it, what is known of it, where it starts.
_Frame = tuple[bool, Role, Facts | None, int]


class DocumentRedactor:
    """Redacts JSON texts under one tenant's key; made for one call, with which its memory ends."""

    def __init__(self, token_key: bytes) -> None:
        self.tokenizer = Tokenizer(token_key)
        self.texts = TextRedactor(self.tokenizer, self.document_edits)
        # What became of a string: by depth, since what is still looked into depends on it.
        self._seen: dict[int, dict[str, Redacted | None]] = {}
        self._seen_layout: dict[int, dict[str, Redacted | None]] = {}

    def document_edits(self, text: str, depth: int) -> list[Edit]:
        """Find what to replace in a JSON text, in order; raises ValueError where it is malformed."""
        seen, seen_layout = self._seen.setdefault(depth, {}), self._seen_layout.setdefault(depth, {})
        walk = _Walk(text, depth, self, seen, seen_layout)
        walk.run()
        edits = _override(walk.edits, self._personal_edits(text, walk))
        return _override(edits, mask_edits(text, walk.typed, walk.textareas))

    def _personal_edits(self, text: str, walk: "_Walk") -> list[Edit]:
        people = merge_spans(walk.people)
        edits = [edit for span in people for edit in self._whole_edits(text, span, "ID")]
        traits = [
            edit for span in merge_spans(walk.traits) for edit in self._whole_edits(text, span, "TRAIT")
        ]
        return _override(traits, edits)

    def _whole_edits(self, text: str, span: Span, kind: WholeKind) -> list[Edit]:
        """Replace every string, and every long number, under a span.

        A shape that covers one names it better.
        """
        edits: list[Edit] = []
        for leaf in leaves(text, *span):
            shown = text[leaf.start : leaf.end]
            if shown[0] == '"':
                redacted = self._whole(shown[1:-1], kind)
            elif kind == "ID" or sum(map(str.isdigit, shown)) >= MIN_DIGITS:
                redacted = self._whole(shown, kind)
            else:
                redacted = None  # an age, a count
            if redacted is not None:
                edits.append(Edit(leaf.start, leaf.end, f'"{redacted.text}"', redacted.kinds))
        return edits

    def _whole(self, raw: str, kind: WholeKind) -> Redacted | None:
        shaped = self.texts.redact_raw(raw, depth=0) if kind == "TRAIT" else None
        if shaped is not None and TOKEN.fullmatch(shaped.text):
            return shaped
        return self.texts.redact_whole(raw, kind)


def _override(edits: list[Edit], stronger: list[Edit]) -> list[Edit]:
    if not stronger:
        return edits
    spans = merge_spans((edit.start, edit.end) for edit in stronger)
    return sorted([*outside(edits, spans), *stronger])


class _Walk:
    """One pass over one text, with what it found."""

    def __init__(
        self,
        text: str,
        depth: int,
        owner: DocumentRedactor,
        seen: dict[str, Redacted | None],
        seen_layout: dict[str, Redacted | None],
    ) -> None:
        self.edits: list[Edit] = []
        self.typed: list[Span] = []
        self.textareas: list[Span] = []
        self.people: list[Span] = []
        self.traits: list[Span] = []
        self._text = text
        self._depth = depth
        self._tokenizer = owner.tokenizer
        self._texts = owner.texts
        self._seen = seen
        self._seen_layout = seen_layout
        self._roles: dict[str, Role] = {}
        self._dirty_keys: dict[str, Redacted] = {}

    def run(self) -> None:  # noqa: C901, PLR0912, PLR0915 - the hot loop: a call per member would double its time
        """Walk the text to its end."""
        text, edits, roles, seen, dirty = self._text, self.edits, self._roles, self._seen, self._dirty_keys
        match_member, match_item = _MEMBER.match, _ITEM.match
        seen_layout, depth = self._seen_layout, self._depth
        redact, redact_layout = self._texts.redact_raw, self._texts.redact_raw_layout
        plain_tags, secret, tag = _PLAIN_TAGS, Role.SECRET, Role.TAG
        stack: list[_Frame] = []
        in_object, container, start = False, Role.PLAIN, 0
        facts: Facts | None = None
        match = _ROOT.match(text)
        while True:
            if match is None:
                raise ValueError("malformed JSON")
            kind = match.lastindex
            if in_object:
                key = match[1]
                known = roles.get(key)
                role = self._learn(key) if known is None else known
                if dirty and key in dirty:
                    edits.append(Edit(match.start(1), match.end(1), *dirty[key]))
            else:
                role = container if container <= secret else Role.PLAIN
            if kind == _STRING:
                value = match[2]
                if role == tag and value in plain_tags:
                    pass
                elif role > secret:
                    facts = facts or Facts()
                    facts.note_string(role, value, (match.start(2) - 1, match.end(2) + 1))
                    self._redact_string(match, value)
                elif role == secret:
                    self._redact_secret(match, value)
                elif len(value) >= _SHORTEST:
                    known_as = seen_layout if role else seen
                    redacted = known_as.get(value, _UNSEEN)
                    if redacted is _UNSEEN:
                        redacted = known_as[value] = (redact_layout if role else redact)(value, depth=depth)
                    if redacted is not None:
                        edits.append(Edit(match.start(2), match.end(2), redacted.text, redacted.kinds))
                mark = match[3]
            elif kind == _SCALAR:
                scalar = match[4]
                if role > secret:
                    facts = facts or Facts()
                    facts.note_scalar(role, scalar, match.span(4))
                if len(scalar) >= _CARD_SCALAR and not (role is Role.CLOCK and len(stack) == _EVENT_DEPTH):
                    self._redact_number(scalar, match.span(4))
                mark = match[5]
            else:
                stack.append((in_object, container, facts, start))
                container, facts, start = role, None, match.start(6)
                in_object = match[6] == "{"
                match = (match_member if in_object else match_item)(text, match.end())
                continue
            position = match.end()
            while mark != ",":
                if not stack:
                    return
                closed, closed_role, closed_start = facts, container, start
                in_object, container, facts, start = stack.pop()
                if closed is not None or closed_role > secret:
                    facts = self._close(closed, closed_role, (closed_start, position), facts)
                mark = text[position : position + 1]
                if mark and mark in ",}]":
                    position += 1
                else:
                    mark, position = self._mark_after_space(position)
                expected = ("}" if in_object else "]") if stack else ""
                if mark != expected and (mark != "," or not stack):
                    raise ValueError("malformed JSON")
            match = (match_member if in_object else match_item)(text, position)

    def _mark_after_space(self, position: int) -> tuple[str, int]:
        match = _TAIL.match(self._text, position)
        if match is None:
            raise ValueError("malformed JSON")
        return match[1], match.end()

    def _learn(self, raw_key: str) -> Role:
        """Read a key for the first time: what it says of its value, and whether it is personal itself."""
        redacted = self._texts.redact_raw(raw_key, depth=self._depth)
        if redacted is not None:
            self._dirty_keys[raw_key] = redacted
        role = self._roles[raw_key] = role_of(decode_string(raw_key))
        return role

    def _redact_string(self, match: re.Match[str], value: str) -> None:
        redacted = self._seen.get(value, _UNSEEN)
        if redacted is _UNSEEN:
            redacted = self._seen[value] = self._texts.redact_raw(value, depth=self._depth)
        if redacted is not None:
            self.edits.append(Edit(match.start(2), match.end(2), *redacted))

    def _redact_secret(self, match: re.Match[str], value: str) -> None:
        redacted = self._texts.redact_whole(value, "SECRET")
        if redacted is not None:
            self.edits.append(Edit(match.start(2), match.end(2), *redacted))

    def _redact_number(self, scalar: str, span: Span) -> None:
        """Replace a whole number that is a payment card's by its token, as a string."""
        digits = _whole_digits(scalar)
        if is_card(digits):
            self.edits.append(Edit(*span, f'"{self._tokenizer.token("CARD", digits)}"', ("CARD",)))

    def _close(self, closed: Facts | None, role: Role, span: Span, parent: Facts | None) -> Facts | None:
        """Draw the conclusions from an object that ended; return what its owner knows now."""
        if closed is not None:
            self.people += closed.people
            self.traits += closed.traits
        if closed is not None and role is Role.ATTRIBUTES:
            parent = parent or Facts()
            parent.adopt_attributes(closed)
        elif closed is not None:
            self.typed += closed.typed_values()
            if closed.is_textarea:
                self.textareas.append(span)
        if role in (Role.VALUE, Role.TEXT, Role.PERSON, Role.TRAITS):
            parent = parent or Facts()
            parent.note_span(role, span)
        return parent


def _whole_digits(scalar: str) -> str:
    """The digits of a JSON number that is whole; none where it is no number, or not whole."""
    match = _NUMBER.fullmatch(scalar)
    if match is None:
        return ""
    whole, fraction, exponent = match[1], match[2] or "", int(match[3] or 0)
    if exponent == 0:
        return "" if fraction.strip("0") else whole
    digits = (whole + fraction).rstrip("0") or "0"
    length = len(whole) + exponent
    return digits.ljust(length, "0").lstrip("0") if len(digits) <= length <= _CARD_DIGITS_MAX else ""
