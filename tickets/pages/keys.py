"""The keys of each page, as its help tells them (`templates/_keys.html`)."""

from __future__ import annotations

from collections.abc import Iterable

Keys = tuple[tuple[str, str], ...]

EVERYWHERE: Keys = (("z", "Undo"), ("?", "This help"))


def keys_of(*own: tuple[str, str], also: Iterable[tuple[str, str]] = EVERYWHERE) -> Keys:
    """A page's own keys, each with its meaning, and those of all pages."""
    return (*own, *also)
