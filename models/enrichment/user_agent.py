"""Hop 5. Browser and system named by a User-Agent, for SDKs that send nothing better.

Not a full parser: the families that most visitors use, told apart by the words they put into the string
themselves. The order matters, since every browser also names those that it wants to be taken for.
"""

import re

# MDN, "Browser detection using the user agent": which words are there, and which must not be.
_BROWSERS = (
    (re.compile(r"\bEdg(?:e|A|iOS)?/"), "Edge"),
    (re.compile(r"\b(?:OPR|OPiOS|Opera)[/ ]"), "Opera"),
    (re.compile(r"\bSamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"\b(?:Firefox|FxiOS)/"), "Firefox"),
    (re.compile(r"\b(?:Chrome|CriOS|Chromium|HeadlessChrome)/"), "Chrome"),
    (re.compile(r"\bVersion/[\d.]+ .*\bSafari/"), "Safari"),
)
_SYSTEMS = (
    (re.compile(r"\b(?:iPhone|iPad|iPod)\b"), "iOS"),
    (re.compile(r"\bAndroid\b"), "Android"),
    (re.compile(r"\bWindows\b"), "Windows"),
    (re.compile(r"\bCrOS\b"), "ChromeOS"),
    (re.compile(r"\bMac(?: OS X|intosh)\b"), "macOS"),
    (re.compile(r"\bLinux\b"), "Linux"),
)
_TABLET = re.compile(r"\biPad\b|\bTablet\b|\bAndroid\b(?!.*\bMobile\b)")
_MOBILE = re.compile(r"\b(?:Mobile|iPhone|iPod)\b")


def browser_of(user_agent: str) -> str | None:
    """Name the browser, None for one that is not among the known."""
    return next((name for pattern, name in _BROWSERS if pattern.search(user_agent)), None)


def system_of(user_agent: str) -> str | None:
    """Name the operating system, None for one that is not among the known."""
    return next((name for pattern, name in _SYSTEMS if pattern.search(user_agent)), None)


def device_of(user_agent: str) -> str | None:
    """Name the kind of device, None where nothing says what system it runs."""
    if _TABLET.search(user_agent):
        return "tablet"
    if _MOBILE.search(user_agent):
        return "mobile"
    return "desktop" if system_of(user_agent) is not None else None
