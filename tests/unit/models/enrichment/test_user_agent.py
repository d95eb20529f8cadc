import pytest

from traceflow.models.enrichment.user_agent import browser_of, device_of, system_of

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)"
PIXEL = "Mozilla/5.0 (Linux; Android 14; Pixel 8)"


@pytest.mark.parametrize(
    ("user_agent", "browser", "system", "device"),
    [
        (f"{WINDOWS} {WEBKIT} Chrome/142.0.0.0 Safari/537.36", "Chrome", "Windows", "desktop"),
        (f"{WINDOWS} {WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0", "Edge", "Windows", "desktop"),
        (f"{WINDOWS} {WEBKIT} Chrome/140.0.0.0 Safari/537.36 OPR/124.0", "Opera", "Windows", "desktop"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox",
            "Linux",
            "desktop",
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI} Version/17.5 Safari/605.1.15",
            "Safari",
            "macOS",
            "desktop",
        ),
        (f"{IPHONE} {SAFARI} Version/17.5 Mobile/15E148 Safari/604.1", "Safari", "iOS", "mobile"),
        (f"{IPHONE} {SAFARI} CriOS/142.0 Mobile/15E148 Safari/604.1", "Chrome", "iOS", "mobile"),
        (
            f"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) {SAFARI} Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari",
            "iOS",
            "tablet",
        ),
        (f"{PIXEL} {WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome", "Android", "mobile"),
        (
            f"{PIXEL} {WEBKIT} SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
            "Samsung Internet",
            "Android",
            "mobile",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; SM-X710) {WEBKIT} Chrome/142.0 Safari/537.36",
            "Chrome",
            "Android",
            "tablet",
        ),
        (
            f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/142.0 Safari/537.36",
            "Chrome",
            "ChromeOS",
            "desktop",
        ),
        ("curl/8.5.0", None, None, None),
        ("", None, None, None),
    ],
)
def test_a_user_agent_names_browser_system_and_device(
    user_agent: str, browser: str | None, system: str | None, device: str | None
) -> None:
    assert (browser_of(user_agent), system_of(user_agent), device_of(user_agent)) == (browser, system, device)
