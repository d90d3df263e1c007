"""What every encoder can do."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from ...text import clean, shorten

MAX_CHARS = 1000  # of a text; the rest hardly changes a vector, and takes time
MAX_CAPITALS = 8  # of a code or an abbreviation that is nearly all of a text


class Shares(NamedTuple):
    """How likely each value is, 0..1, in the order of the vocabulary. Each field adds up to 1."""

    category: list[float]
    priority: list[float]
    sentiment: list[float]


class Index(Protocol):
    """Finds the nearest of many vectors."""

    def add(self, vector: Any) -> None: ...

    def nearest(self, vector: Any, count: int) -> list[tuple[int, float]]:
        """Return positions, by the order of adding, and cosines; the highest first."""


class Pool(Protocol):
    """Many vectors by the numbers of their tickets, in little memory. Finds the nearest."""

    def __len__(self) -> int: ...

    def __contains__(self, ticket_id: int) -> bool: ...

    def put(self, packed: Iterable[tuple[int, bytes]]) -> None:
        """Add vectors, each as the encoder packs it, in the place of earlier ones."""

    def keep(self, ticket_ids: Collection[int]) -> None:
        """Forget all other tickets."""

    def nearest(self, vector: Any, count: int) -> dict[int, float]:
        """Return the cosines of the nearest `count` tickets by their numbers."""


class Encoder(Protocol):
    """Texts in, vectors out. Only vectors of the same encoder, by its name, are comparable."""

    name: str
    borders: Sequence[float]  # see `offline.estimate`
    sharpness: float  # calibrates what estimate makes of it together with the lexicon
    # A smaller share of critical excludes an emergency, whatever words stand there.
    least_critical: float

    def __hash__(self) -> int: ...

    def vector(self, text: str) -> Any:
        """Return the vector of a text, of length 1. Safe for several threads."""

    def vectors(self, texts: Sequence[str]) -> list[Any]:
        """Return the vectors of several texts, in less time than one by one."""

    def shares(self, vectors: Sequence[Any]) -> list[Shares]:
        """Return what each vector suggests."""

    def index(self) -> Index:
        """Return an empty index for its vectors."""

    def pool(self) -> Pool | None:
        """Return an empty pool; None if the encoder sees no more than a search by words does."""

    def pack(self, vector: Any) -> bytes:
        """Return the vector in a kilobyte at most."""

    def unpack(self, data: bytes) -> Any:
        """Restore what `pack` returned. Raise ValueError for anything else."""


def prepare(text: str) -> str:
    """Return what is encoded of a text: no lone surrogates, no more than MAX_CHARS.

    Encoders normalise texts, which makes up to 18 characters of one. Those are counted too. Texts
    in capitals get small letters, because encoders have seen few capitals.
    """
    text = clean(shorten(text.strip(), MAX_CHARS))
    if sum(map(str.isupper, text)) > max(MAX_CAPITALS, sum(map(str.islower, text))):
        text = text.lower()
    normalised = unicodedata.normalize("NFKC", text)
    return text if len(normalised) <= MAX_CHARS else shorten(normalised, MAX_CHARS)


def softmax(scores: Iterable[float]) -> list[float]:
    values = list(scores)
    top = max(values)
    powers = [math.exp(value - top) for value in values]
    total = math.fsum(powers)
    return [power / total for power in powers]
