"""The keyboard shortcuts of each page, for its help (`templates/_shortcuts.html`)."""

from __future__ import annotations

from ..vocabulary import Category, Priority

Shortcuts = tuple[tuple[str, str], ...]  # key, meaning

# The key of each value, on the ticket's page and in the review queue.
CATEGORY_KEYS = {value: value[0] for value in Category.values}
PRIORITY_KEYS = {value: str(number) for number, value in enumerate(Priority.values, 1)}
VALUE_SHORTCUTS: Shortcuts = (
    (" ".join(CATEGORY_KEYS.values()), f"Category: {', '.join(CATEGORY_KEYS)}"),
    (" ".join(PRIORITY_KEYS.values()), f"Priority: {', '.join(PRIORITY_KEYS)}"),
)
EVERYWHERE: Shortcuts = (("z", "Undo"), ("?", "Show this help"))


def shortcuts_with(*own: tuple[str, str]) -> Shortcuts:
    """Return a page's own shortcuts and those of all pages."""
    return (*own, *EVERYWHERE)
