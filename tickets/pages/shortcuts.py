"""The keyboard shortcuts of each page.

`templates/_shortcuts.html` shows them as the page's help, where `static/js/lib/shortcuts.js` reads
which key starts which action of the page's script.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..vocabulary import Category, Priority

# The key of each value, the same on every page.
CATEGORY_KEYS = {value: value[0] for value in Category.values}
PRIORITY_KEYS = {value: str(number) for number, value in enumerate(Priority.values, 1)}


class Key(NamedTuple):
    """`action` is one of the page's script, with a `value` for it; "" is left to the browser."""

    name: str
    action: str = ""
    value: str = ""


class Shortcut(NamedTuple):
    """Keys, and their meaning to the reader."""

    keys: tuple[Key, ...]
    meaning: str


def shortcut(key: str, action: str, meaning: str) -> Shortcut:
    return Shortcut((Key(key, action),), meaning)


def value_shortcut(action: str, keys: Mapping[str, str], meaning: str) -> Shortcut:
    """Return a shortcut with a key for each value. `keys` maps a value to its key."""
    return Shortcut(tuple(Key(key, action, value) for value, key in keys.items()), meaning)


CATEGORY = value_shortcut("category", CATEGORY_KEYS, f"Category: {', '.join(CATEGORY_KEYS)}")
PRIORITY = value_shortcut("priority", PRIORITY_KEYS, f"Priority: {', '.join(PRIORITY_KEYS)}")
UNDO = shortcut("z", "undo", "Undo")
HELP = shortcut("?", "help", "Show this help")
GENERAL = (UNDO, HELP)
