"""What a browser calls itself, in words: "Firefox on Linux"."""

from __future__ import annotations

# In this order: most browsers name others, too.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Windows": "Windows",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def browser_in_words(name: str) -> str:
    """Return the browser and its system; what is not known is left out."""
    browser = next((label for part, label in BROWSERS.items() if part in name), "A browser")
    system = next((label for part, label in SYSTEMS.items() if part in name), "")
    return f"{browser} on {system}" if system else browser
