import base64
import json
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings, strategies as st

from traceflow.models.redaction.document import DocumentRedactor
from traceflow.models.redaction.shape import find_hits

RedactString = Callable[..., str]
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF-_"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ann@example.com", "EMAIL"),
        ("ann+tag@sub.example.co.uk", "EMAIL"),
        ("jürgen@müller.de", "EMAIL"),
        ("ann@[192.168.0.1]", "EMAIL"),
        ("ann%40example.com", "EMAIL"),
        ("ann%2540example.com", "EMAIL"),
        ("%61%6E%6E%40%65%78%61mple.com", "EMAIL"),
        ("ann&#64;example.com", "EMAIL"),
        ("ann&#x40;example.com", "EMAIL"),
        ("ann&commat;example&period;com", "EMAIL"),
        ("ann&amp;#64;example.com", "EMAIL"),
        ("ann\\u0040example.com", "EMAIL"),
        ("ann\uff20example.com", "EMAIL"),
        ("4111111111111111", "CARD"),
        ("4111 1111 1111 1111", "CARD"),
        ("4111-1111-1111-1111", "CARD"),
        ("4111,1111,1111,1111", "CARD"),
        ("\uff13\uff17\uff18282246310005", "CARD"),
        ("٣٧٨٢٨٢٢٤٦٣١٠٠٠٥", "CARD"),
        ("4111\u200b11111111\u00ad1111", "CARD"),
        ("%34%31%31%31111111111111", "CARD"),
        ("4111111111111112", "NUMBER"),
        ("4111 1111 1111 11", "NUMBER"),
        ("+49 (30) 1234567", "PHONE"),
        ("(555) 123-4567", "PHONE"),
        ("555.123.4567", "PHONE"),
        ("0171 2345678", "PHONE"),
        ("536-22-8741", "SSN"),
        ("078-05-1120", "SSN"),
        ("DE89 3704 0044 0532 0130 00", "IBAN"),
        ("gb82west12345698765432", "IBAN"),
        ("NO9386011117947", "IBAN"),
        ("192.168.17.4", "IP"),
        ("1.2.3.4", "IP"),
        ("255.255.255.255", "IP"),
        ("fe80::1ff:fe23:4567:890a", "IP"),
        ("2001:db8:0:0:0:0:2:1", "IP"),
        ("::ffff:10.1.2.3", "IP"),
        (JWT, "JWT"),
        ("12345678", "NUMBER"),
        ("19900101-1234", "PHONE"),
    ],
)
def test_a_shape_is_tokenized_wherever_it_stands(text: str, kind: str, redact_string: RedactString) -> None:
    token = rf"\[{kind}:[A-Z2-7]{{16}}\]"

    assert re.fullmatch(token, redact_string(text))
    assert re.fullmatch(rf"before \({token}\), after", redact_string(f"before ({text}), after"))
    assert re.fullmatch(rf"é{token}\n", redact_string(f"é{text}\n")) or kind == "EMAIL"


@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("curl -H 'authorization: hunter2x'", "hunter2x"),
        ("Bearer abcdef123456", "abcdef123456"),
        ("https://app:hunter2x@db/shop", "hunter2x"),
        ("/callback?code=hunter2x&state=1", "hunter2x"),
        ("/?user[password]=hunter2x", "hunter2x"),
        ("/?access_token%3Dhunter2x", "hunter2x"),
        ("#id_token=hunter2x", "hunter2x"),
        ("a=1; JSESSIONID=hunter2x; b=2", "hunter2x"),
        ("password: hunter2x", "hunter2x"),
        ("user5551234567", "5551234567"),
        ("a4111111111111111b2", "4111111111111111"),
        ("電話13812345678です", "13812345678"),
        ("[CARD:5555555555554444]", "5555555555554444"),
        ("[PERSON:AAAAAAAA5551234567]", "5551234567"),
        ("550e8400-e29b-41d4-a716-446655440000 5551234567", "5551234567"),
        ("2024-05-01 5551234567", "5551234567"),
        ("5 1.2.3.4", "1.2.3.4"),
        ("+1.2.3.4", "1.2.3.4"),
        ("v.1.2.3.4", "1.2.3.4"),
    ],
)
def test_a_secret_or_a_number_in_disguise_is_not_left(
    text: str, leak: str, redact_string: RedactString
) -> None:
    assert leak not in redact_string(text)


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01T10:00:00.123456Z",
        "01.05.2024",
        "1764000000000",
        "1920x1080",
        "0 0 1000 2000",
        "33.33333333%",
        "12345678px",
        "z-index: 2147483647",
        "color:#12345678;",
        "rgb(255 255 255 / 50%)",
        "U+0152-0153",
        "550e8400-e29b-41d4-a716-446655440000",
        "8f14e45fceea167a5a36dedd4bea2543",
        "_ngcontent-ng-c2871293847",
        "jsx-2871293847",
        "app.js?v=1764000000",
        "M12 4A4 4 0 0 1 1600 800 1200 900",
        '<svg viewBox="0 0 24 24"><path d="M12 2048 1024 4096 8192 100z"/></svg>',
        "logo@2x.png",
        "rrweb/console@1",
        "@media (min-width:100px)",
        "react@18.2.0",
        "a::before",
        "12:30:45",
        "Blink-182",
        "zipcode=x author: me",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
        "[EMAIL:ABCDEFGHIJKLMNOP]",
        "heyJude.and.friends",
        "internationalization-of-components",
        '{"a": 12345678, "b": [1.50, "x"]}',
    ],
)
def test_what_only_looks_like_it_stays(text: str, redact_string: RedactString) -> None:
    assert redact_string(text) == text


@pytest.mark.parametrize("key", ["d", "points", "viewBox", "style", "_cssText", "class", "transform"])
def test_coordinates_and_style_sheets_keep_their_numbers_but_hide_the_rest(
    key: str, redact_string: RedactString
) -> None:
    kept = "12345678 5551234567 1.2.3.4 100 200 300 400"

    redacted = redact_string(f"{kept} 4111111111111111 ann@example.com ann%40example.com", key=key)

    assert redacted.startswith(f"{kept} [CARD:")
    assert redacted.count("[EMAIL:") == 2


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "PassWord",
        "user_password",
        "secret",
        "authorization",
        "Set-Cookie",
        "x-api-key",
        "apiKey",
        "token",
    ],
)
def test_a_string_under_a_secret_s_name_is_replaced_whole(key: str, redact_string: RedactString) -> None:
    assert re.fullmatch(r"\[SECRET:[A-Z2-7]{16}\]", redact_string("hunter2 é", key=key))
    assert redact_string("", key=key) == ""


def test_keys_are_redacted_like_values(redact_string: RedactString) -> None:
    nested = json.loads(redact_string(json.dumps({"ann@example.com": {"k-5552345678": 1}})))

    (key,) = nested
    (inner,) = nested[key]
    assert key.startswith("[EMAIL:")
    assert inner.startswith("k-[PHONE:")


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_is_redacted_inside_and_encoded_again(
    encode: Callable[[bytes], bytes], redact_string: RedactString
) -> None:
    text = '{"mail":"ann@example.com","k":"{\\"password\\":\\"hunter2\\"}","s":"ÿÿ~~??>>"}'

    redacted = redact_string(encode(text.encode()).decode())

    decoded = json.loads(base64.b64decode(redacted.replace("-", "+").replace("_", "/") + "=="))
    assert decoded["mail"].startswith("[EMAIL:")
    assert json.loads(decoded["k"])["password"].startswith("[SECRET:")
    assert decoded["s"] == "ÿÿ~~??>>"


def test_base64_that_was_cut_off_is_replaced_whole(redact_string: RedactString) -> None:
    encoded = base64.b64encode("mail ann@example.com from the café".encode()).decode().rstrip("=")[:-1]

    assert "bWFpbCBhbm5A" not in redact_string(f"state {encoded} end")


def test_json_in_strings_is_redacted_by_its_keys_and_stays_json(redact_string: RedactString) -> None:
    inner = json.dumps(
        {"password": "hunter2", "card": 4111111111111111, "mail": "ann\u0040example.com", "ok": "é\n"}
    )

    redacted = json.loads(json.loads(redact_string(json.dumps({"state": inner})))["state"])

    assert redacted["password"].startswith("[SECRET:")
    assert redacted["card"].startswith("[CARD:")
    assert redacted["mail"].startswith("[EMAIL:")
    assert redacted["ok"] == "é\n"


@pytest.mark.parametrize(
    "text", ["[4111111111111111]", '["ann@example.com", 4111111111111111, "\\ud83d\\n"]']
)
def test_a_number_in_json_in_a_string_becomes_a_string_there(text: str, redact_string: RedactString) -> None:
    assert json.loads(redact_string(text))[-2:][0].startswith("[CARD:")


def test_a_lone_surrogate_survives_beside_a_replacement_in_nested_json(redact_string: RedactString) -> None:
    redacted = json.loads(redact_string('{"a":"ann@b.co \ud800"}'))

    assert redacted["a"].endswith("] \ud800")


def test_json_deeper_than_is_read_is_still_redacted_by_shape(redact_string: RedactString) -> None:
    text = "ann@example.com"
    for _ in range(8):
        text = json.dumps({"a": text})

    assert "ann" not in redact_string(text)


PIECES = st.sampled_from(
    [
        "ann@b.co",
        "4111",
        "1111",
        "555",
        "12",
        "9",
        " ",
        "  ",
        "-",
        ".",
        "(",
        "+",
        ":",
        "::",
        "fe80",
        "DE89",
        "AD12",
        "WEST",
        "eyJhbGciOiJIUzI1NiJ9",
        "bearer ",
        "basic ",
        "token",
        "=",
        "abcdef12",
        "password",
        "x-my-token",
        "@",
        "://",
        "a",
        "authorization",
        "passphrase",
        "Secret",
        "api_key",
        "set-cookie",
        "[",
        "Z",
    ]
)


@settings(deadline=None, max_examples=400)
@given(text=st.lists(PIECES, min_size=1, max_size=9).map("".join))
def test_the_prefilter_stops_nothing_that_a_rule_would_find(text: str) -> None:
    if find_hits(text):
        assert DocumentRedactor(bytes(32)).texts.redact_raw(text, depth=0) is not None
