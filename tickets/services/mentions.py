"""Agents whom an internal note mentions: `@maria`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from unicodedata import normalize

from django.contrib.auth.models import User

from ..access.actors import agents

# An "@" within a word belongs to an address. The characters are those of a username.
MENTION = re.compile(r"(?<![\w@.+-])@([\w@.+-]+)")
PUNCTUATION = "@.+-_"  # may end a username, but more often a sentence


@dataclass(frozen=True, slots=True)
class Mention:
    """Where `@name` stands in a text, and who that is."""

    start: int
    end: int
    user: User


def agents_by_name(text: str) -> dict[str, User]:
    """Return all agents by username if the text may mention one. At most one query."""
    if not MENTION.search(text):
        return {}
    return {user.get_username(): user for user in agents().select_related("agent_profile")}


def find_mentions(text: str, by_name: Mapping[str, User]) -> Iterator[Mention]:
    """Yield the mentions of these agents. Unknown names are plain text.

    Case does not matter, unless two names differ by nothing else.
    """
    folded = {name.casefold(): user for name, user in by_name.items()}
    for match in MENTION.finditer(text):
        name = match[1]
        while name:
            key = normalize("NFKC", name)  # as Django stores usernames
            user = by_name.get(key) or folded.get(key.casefold())
            if user is not None:
                yield Mention(match.start(), match.start() + 1 + len(name), user)
            if user is not None or name[-1] not in PUNCTUATION:
                break
            name = name[:-1]
