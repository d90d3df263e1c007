"""The keyboard shortcuts of each page, for its help (`templates/_shortcuts.html`)."""

from __future__ import annotations

Shortcuts = tuple[tuple[str, str], ...]  # key, meaning

EVERYWHERE: Shortcuts = (("z", "Undo"), ("?", "Show this help"))


def shortcuts_with(*own: tuple[str, str]) -> Shortcuts:
    """Return a page's own shortcuts and those of all pages."""
    return (*own, *EVERYWHERE)
