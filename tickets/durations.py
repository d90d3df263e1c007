"""How lengths of time are written, on pages and in emails."""

from __future__ import annotations

NBSP = "\u00a0"


def format_minutes(minutes: int, units: int = 2) -> str:
    """Format minutes in up to so many units: "2 h 10 min". From ten days on, days are enough.

    A number and its unit are joined by a no-break space.
    """
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")]
    first = next((index for index, (count, _) in enumerate(parts) if count), None)
    if first is None:
        return f"under 1{NBSP}min"
    last = first + (1 if minutes >= 14400 else units)
    return " ".join(f"{count}{NBSP}{unit}" for count, unit in parts[first:last] if count)
