"""What a browser says of itself, in words.

Only the names are read: their signs have been the same for many years, while versions
and devices are less and less said. Anything else keeps the first word of its own.
"""

from __future__ import annotations

import re

UNKNOWN = "An unknown browser"
# In this order: each names itself beside those that it descends from.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Vivaldi", "Vivaldi"),
    ("FxiOS", "Firefox"),
    ("Firefox", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
_PROGRAM = re.compile(r"[A-Za-z][\w. -]{0,39}")


def name_browser(user_agent: str) -> str:
    """Return the browser and the system of a `User-Agent`, as in "Firefox on Linux"."""
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    if not browser:
        found = _PROGRAM.match(user_agent)
        is_named = found is not None and found[0] != "Mozilla"
        browser = found[0].strip() if found and is_named else UNKNOWN
    return f"{browser} on {system}" if system else browser
