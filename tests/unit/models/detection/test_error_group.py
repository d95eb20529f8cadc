import pytest

from traceflow.models.detection.error_group import error_fingerprint, grouping_text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Timeout after 3000 ms", "Timeout after 12.5 ms"),
        ("No item 4f3c2a1b9d for you", "No item 99ab01cd34 for you"),
        (
            "Order 123e4567-e89b-12d3-a456-426614174000 is gone",
            "Order 00000000-0000-4000-8000-00000000000a is gone",
        ),
        (
            "Cannot read properties of null (reading 'price')",
            "Cannot read properties of null (reading 'sku')",
        ),
        ('Unexpected token "a" in JSON', 'Unexpected token "}" in JSON'),
        ("Mail to [EMAIL:UM2LR733AVEOQDDF] failed", "Mail to [EMAIL:AAAABBBBCCCCDDDD] failed"),
        ("GET https://shop.example/a?b=1 failed", "GET https://shop.example/c/d failed"),
        ("too  many\n spaces", "too many spaces"),
    ],
)
def test_errors_that_differ_in_details_are_of_one_group(one: str, other: str) -> None:
    assert error_fingerprint("Error", one) == error_fingerprint("Error", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("TypeError", "x is undefined"), ("RangeError", "x is undefined")),
        (("Error", "x is undefined"), ("Error", "y is undefined")),
        (("Error", "can't open the cart, and won't"), ("Error", "can't pay the order, and won't")),
        (("Error", ""), ("", "Error")),
    ],
)
def test_errors_that_say_something_else_are_not(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert error_fingerprint(*one) != error_fingerprint(*other)


def test_the_common_text_can_be_read() -> None:
    text = grouping_text("HttpError", "POST https://a.example/x for 'cart' gave 503 after 2 tries")

    assert text == "HttpError: POST <url> for <text> gave <number> after <number> tries"


@pytest.mark.parametrize(
    "message", ["'" * 1000, '"' * 999, "a" * 1000, "1a" * 500, "\ud800" * 1000, "-_" * 500]
)
def test_any_message_has_a_group(message: str) -> None:
    assert len(error_fingerprint("E" * 1000, message)) == 24
