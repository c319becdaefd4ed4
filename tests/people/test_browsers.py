"""What the list of sessions says of a browser."""

from __future__ import annotations

import pytest

from apps.accounts.domain.browsers import name_browser

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X)"
ANDROID = "Mozilla/5.0 (Linux; Android 10; K)"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
CHROME = f"{WEBKIT} Chrome/142.0.0.0"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"{WINDOWS} {CHROME} Safari/537.36", "Chrome on Windows"),
        (f"{WINDOWS} {CHROME} Safari/537.36 Edg/142.0.0.0", "Edge on Windows"),
        (f"{MAC} {CHROME} Safari/537.36 OPR/124.0.0.0", "Opera on macOS"),
        (f"{MAC} {APPLE} Version/26.0 Safari/605.1.15", "Safari on macOS"),
        (
            f"{IPHONE} {APPLE} Version/26.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            f"{IPHONE} {APPLE} CriOS/142.0.0.0 Mobile/15E148 Safari/604.1",
            "Chrome on iPhone",
        ),
        (
            f"{IPHONE} {APPLE} FxiOS/145.0 Mobile/15E148 Safari/604.1",
            "Firefox on iPhone",
        ),
        (f"{ANDROID} {CHROME} Mobile Safari/537.36", "Chrome on Android"),
        (
            f"{ANDROID} {WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0",
            "Samsung Internet on Android",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Firefox on Linux",
        ),
        (
            f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36",
            "Chrome on ChromeOS",
        ),
        ("curl/8.14.1", "curl"),
        ("python-httpx/0.28", "python-httpx"),
        ("Mozilla/5.0 (compatible)", "An unknown browser"),
        ("<script>alert(1)</script>", "An unknown browser"),
        ("x" * 500, "x" * 40),
        ("", "An unknown browser"),
    ],
)
def test_a_browser_and_its_system_are_named_in_words(
    user_agent: str, words: str
) -> None:
    assert name_browser(user_agent) == words
