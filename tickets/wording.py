"""How figures are said, wherever people read them. Pure."""

from __future__ import annotations


def share(value: float) -> str:
    """0..1 as per cent: "82 %", with a space at which no line breaks."""
    return f"{value:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


def sure(confidence: float) -> str:
    """For example "82 % sure"."""
    return f"{share(confidence)} sure"
