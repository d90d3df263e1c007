"""The keys of each page, as its help tells them (`templates/_keys.html`)."""

from __future__ import annotations

Keys = tuple[tuple[str, str], ...]

EVERYWHERE: Keys = (("z", "Undo"), ("?", "This help"))


def keys_of(*own: tuple[str, str]) -> Keys:
    """A page's own keys, each with its meaning, and those of all pages."""
    return (*own, *EVERYWHERE)
