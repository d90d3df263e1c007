"""Who writes tickets, and who answers them."""

from __future__ import annotations

import math
import random

AGENTS = (
    *("maria.keller", "tom.okafor", "lena.novak", "yuki.tanaka", "omar.haddad", "ines.duarte"),
    *("paul.weber", "sara.lind", "dev.patel", "julie.martin", "ali.kaya", "grace.kim"),
)
FIRST = (
    *("lena", "anna", "ben", "carla", "dev", "emma", "farid", "gita", "hugo", "ivan", "jana"),
    *("kofi", "lucas", "mei", "nora", "olga", "pedro", "rosa", "sami", "tara", "uwe", "vera"),
    *("wim", "xenia", "yara", "zoe", "amir", "bruno", "celia", "dario"),
)
LAST = (
    *("adler", "bauer", "costa", "dubois", "eriksen", "fischer", "garcia", "haas", "ito", "jansen"),
    *("kovacs", "lopez", "moreau", "nguyen", "olsen", "petrov", "quist", "rossi", "silva", "tan"),
    *("ueda", "vogel", "wagner", "xu", "yilmaz", "zimmer", "ahmed", "brown", "cohen", "demir"),
)
TOWNS = (
    *("kestrel", "harbour", "bright", "northwind", "oldmill", "larch", "meadow", "casaverde"),
    *("polar", "sunny", "quarry", "tidewater", "granite", "willow", "copper", "amber"),
)
TRADES = (
    *("dental", "bakery", "cycles", "brewery", "clinic", "logistics", "books", "school", "hotel"),
    *("garden", "studio", "motors", "foods", "travel", "legal", "toys"),
)


def address(rank: int) -> str:
    """Return the address of a requester: the lower the rank, the more tickets they write."""
    first, last = FIRST[rank % len(FIRST)], LAST[rank // len(FIRST) % len(LAST)]
    number = rank // (len(FIRST) * len(LAST))
    company = rank * 7919 % 2003
    town, trade = TOWNS[company % len(TOWNS)], TRADES[company // len(TOWNS) % len(TRADES)]
    branch = company // (len(TOWNS) * len(TRADES))
    return f"{first}.{last}{number or ''}@{town}-{trade}{branch or ''}.example"


def draw_rank(rng: random.Random, count: int) -> int:
    """Return one of `count` ranks from 0, each about as often as its own number allows (Zipf)."""
    return int(math.exp(rng.random() * math.log(count + 1))) - 1
