"""What to call a masked number. Checksums stand here and only here: they never decide *whether* to mask."""

import re
from typing import Final

from traceflow.models.redaction.token import Kind

# ISO/IEC 7812: card numbers have 13 to 19 digits in practice, the first of a payment card is 2 to 6.
CARD_DIGITS: Final = range(13, 20)
_CARD_HEADS: Final = frozenset("23456")
_PHONE_DIGITS: Final = range(7, 16)  # E.164: 15 at most; seven is a local number
_LOCAL_DIGITS: Final = range(7, 13)
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_DIGITS_ONLY: Final = str.maketrans("", "", " .-()/,_:|+")

_SSN: Final = re.compile(r"[0-9]{3}[- .][0-9]{2}[- .][0-9]{4}")
# North American Numbering Plan: area code and exchange start with 2 to 9.
_NANP: Final = re.compile(r"1?([2-9][0-9]{2}[2-9][0-9]{6})")

# SWIFT's IBAN registry, release 99: the whole length by country.
_COUNTRIES: Final = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL SD FK",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC SM MR",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
IBAN_LENGTHS: Final = {country: length for length, names in _COUNTRIES.items() for country in names.split()}


def digits_of(number: str) -> str:
    """Strip the separators of a number."""
    return number.translate(_DIGITS_ONLY)


def is_luhn(digits: str) -> bool:
    """Tell whether the last digit is the ISO/IEC 7812-1 check digit of the others."""
    total = sum(map(int, digits[-1::-2])) + sum(_DOUBLED[int(digit)] for digit in digits[-2::-2])
    return total % 10 == 0


def is_card(digits: str) -> bool:
    """Tell a payment card's number from any other by length, first digit and check digit."""
    return len(digits) in CARD_DIGITS and digits[0] in _CARD_HEADS and is_luhn(digits)


def is_iban(compact: str) -> bool:
    """Tell whether ISO 13616's remainder modulo 97 is one."""
    turned = compact[4:] + compact[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1


def number_label(number: str) -> tuple[Kind, str]:
    """Name a run of digits by its shape, with the form that its token is made from."""
    digits = digits_of(number)
    if len(digits) in CARD_DIGITS and is_luhn(digits):
        return "CARD", digits
    if _SSN.fullmatch(number.strip()):
        return "SSN", digits
    return ("PHONE" if _is_phone(number, digits) else "NUMBER"), _national(digits)


def _is_phone(number: str, digits: str) -> bool:
    if len(digits) not in _PHONE_DIGITS:
        return False
    if number.startswith("+") or digits.startswith("00") or _NANP.fullmatch(digits):
        return True
    return len(digits) in _LOCAL_DIGITS and (digits[0] == "0" or number != digits)


def _national(digits: str) -> str:
    match = _NANP.fullmatch(digits)
    return match[1] if match else digits
